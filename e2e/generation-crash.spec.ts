import { type Browser, chromium, expect, type Page, test } from '@playwright/test';
import { findHeadlessBrowser, testBrowserArgs } from '../tools/browser.ts';
import { dist } from './support/sites.ts';
import { type StaticServer, startStaticServer } from './support/static-server.ts';

/**
 * The browser's GPU process crashes while the library generates in its worker: the text must not show it. A device lost
 * in other ways, and twice, is tried on a smaller model in test/recovery.gpu.test.ts.
 */
let site: StaticServer;
let browser: Browser;
let page: Page;

interface Run {
  ids: number[];
  text: string;
  software: boolean;
}
type Vitrine = typeof import('../src/index.ts');
type Model = Awaited<ReturnType<Vitrine['loadModel']>>;
type Scene = { model: Model; arrived: number };

function load(page: Page): Promise<void> {
  return page.evaluate(async (origin) => {
    const { loadModel } = (await import(`${origin}/vitrine.js`)) as Vitrine;
    const model = await loadModel('tiny-tales', { backend: 'gpu' });
    Object.assign(window, { scene: { model, arrived: 0 } });
  }, site.origin);
}

function generate(page: Page, options: object): Promise<Run> {
  return page.evaluate(async (given) => {
    const { scene } = window as unknown as { scene: Scene };
    scene.arrived = 0;
    const run: Run = { ids: [], text: '', software: false };
    for await (const { id, text } of scene.model.generate('Once upon a time', given)) {
      run.ids.push(id);
      run.text += text;
      scene.arrived = run.ids.length;
    }
    run.software = scene.model.adapter.software;
    return run;
  }, options);
}

const arrived = (page: Page) => page.evaluate(() => (window as unknown as { scene: Scene }).scene.arrived);

test.beforeAll(async () => {
  test.setTimeout(300_000);
  site = await startStaticServer({
    mounts: { '/': dist },
    pages: {
      '/bare': { html: '<!doctype html><title>Bare</title>' },
      '/other': { html: '<!doctype html><title>Other</title>' },
    },
  });
  browser = await chromium.launch({
    executablePath: findHeadlessBrowser(),
    // Chromium gives no adapter to a page whose GPU process crashed twice within minutes, unless told otherwise.
    args: [...testBrowserArgs, '--disable-gpu-process-crash-limit', '--disable-domain-blocking-for-3d-apis'],
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  });
  page = await browser.newPage();
  await page.goto(`${site.origin}/bare`);
  await load(page);
});
test.afterAll(async () => {
  await browser?.close();
  await site?.close();
});

test('a page that loses its GPU process, that is frozen, or left and gone back to, writes what it would have', {
  tag: '@gpu',
}, async () => {
  test.setTimeout(300_000);
  const protocol = await browser.newBrowserCDPSession();
  const options = {
    ...{ temperature: 0.9, topK: 40, repetitionPenalty: 1.2, seed: 8 },
    ...{ maxNewTokens: 90, eos: false },
  };
  const expected = await generate(page, options);
  expect(expected.ids).toHaveLength(90);

  // As a browser does to a tab that stays hidden: no timer, no message, and the GPU process goes meanwhile.
  const tab = await page.context().newCDPSession(page);
  const running = generate(page, options);
  await expect.poll(() => arrived(page), { intervals: [5] }).toBeGreaterThan(2);
  const at = await arrived(page);
  await tab.send('Page.setWebLifecycleState', { state: 'frozen' });
  await protocol.send('Browser.crashGpuProcess').catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 500));
  await tab.send('Page.setWebLifecycleState', { state: 'active' });
  expect(await running).toEqual(expected);
  // The worker may be 64 tokens ahead of the page, and must not have been at the end.
  expect(at).toBeLessThan(90 - 64);

  // Left in mid-generation. Whether the page is kept is the browser's to decide; one that is writes on.
  await page.evaluate((given) => {
    const { scene } = window as unknown as { scene: Scene & { run: Promise<number[]>; kept?: boolean } };
    window.addEventListener('pageshow', ({ persisted }) => {
      scene.kept = persisted;
    });
    scene.run = (async () => {
      const ids: number[] = [];
      for await (const { id } of scene.model.generate('Once upon a time', given)) ids.push(id);
      return ids;
    })();
  }, options);
  await page.goto(`${site.origin}/other`);
  // A page that was kept does not load again, which is what Playwright's own way back waits for.
  await page.evaluate(() => void setTimeout(() => history.back()));
  await page.waitForURL('**/bare', { waitUntil: 'commit' });
  const back = await page.evaluate(async () => {
    const { scene } = window as unknown as { scene?: Scene & { run: Promise<number[]>; kept?: boolean } };
    return scene && { kept: scene.kept, ids: await scene.run };
  });
  if (back) expect(back).toEqual({ kept: true, ids: expected.ids });
});
