import { join } from 'node:path';
import { type Browser, expect, type Page, test } from '@playwright/test';
import { startStaticServer } from './support/static-server.ts';

type Vitrine = typeof import('../src/index.ts');

const isolation = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

/** The bundled model in int8 on the CPU, kept as `window.model`: its logits after a few tokens. */
async function logits(
  page: Page,
  headers: Record<string, string>,
  work: () => Promise<void>,
): Promise<number[]> {
  const server = await startStaticServer({
    mounts: { '/': join(import.meta.dirname, '../dist') },
    pages: { '/bare.html': { html: '<!doctype html><title>Bare</title>' } },
    headers,
  });
  try {
    await page.goto(`${server.origin}/bare.html`);
    const found = await page.evaluate(async () => {
      const { loadModel } = (await import(new URL('/vitrine.js', location.href).href)) as Vitrine;
      const model = await loadModel('tiny-tales', { backend: 'cpu', dtype: 'int8', cache: false });
      Object.assign(window, { model });
      return [...(await model.logits([5, 6, 7, 8, 9, 10]))];
    });
    await work();
    return found;
  } finally {
    await server.close();
  }
}

/** Threads of products that run in the browser. */
async function threads(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { targetInfos } = await session.send('Target.getTargets', { filter: [{ type: 'worker' }] });
  await session.detach();
  return targetInfos.filter(({ title, url }) => title === 'vitrine-thread' || url.startsWith('blob:')).length;
}

test('on an isolated page products run on several threads, with the same results, until the model is disposed', async ({
  page,
  browser,
}) => {
  const cores = await page.evaluate(() => navigator.hardwareConcurrency);
  const alone = await logits(page, {}, async () => expect(await threads(browser)).toBe(0));
  const shared = await logits(page, isolation, async () => {
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    await expect.poll(() => threads(browser)).toBe(Math.min(cores, 8) - 1);
    await page.evaluate(async () => (window as unknown as { model: { dispose(): void } }).model.dispose());
    await expect.poll(() => threads(browser)).toBe(0);
  });
  expect(shared).toEqual(alone);
});
