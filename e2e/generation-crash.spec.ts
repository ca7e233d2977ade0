import { chromium, expect, type Page, test } from '@playwright/test';
import { browserArgs, findBrowser } from '../tools/browser.mjs';
import { dist } from './support/sites.ts';
import { type StaticServer, startStaticServer } from './support/static-server.mjs';

/** The browser's GPU process crashes while the library generates in its worker: the text must not show it. */
let site: StaticServer;

interface Run {
  ids: number[];
  text: string;
  software: boolean;
}
type Vitrine = typeof import('../src/index.ts');
type Model = Awaited<ReturnType<Vitrine['loadModel']>>;
type Scene = { model: Model; arrived: number };

test.beforeAll(async () => {
  site = await startStaticServer({
    mounts: { '/': dist },
    pages: { '/bare': { html: '<!doctype html><title>Bare</title>' } },
  });
});
test.afterAll(() => site.close());

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

test('a crash of the GPU process in mid-generation leaves the text as it would have been', async () => {
  test.setTimeout(180_000);
  const browser = await chromium.launch({
    executablePath: findBrowser(),
    // Chromium gives no adapter to a page whose GPU process crashed twice within minutes, unless told otherwise.
    args: [...browserArgs, '--disable-gpu-process-crash-limit', '--disable-domain-blocking-for-3d-apis'],
  });
  try {
    const page = await browser.newPage();
    await page.goto(`${site.origin}/bare`);
    await load(page);
    const protocol = await browser.newBrowserCDPSession();
    const settings = [
      { temperature: 0, maxNewTokens: 90, eos: false },
      { temperature: 0.9, topK: 40, repetitionPenalty: 1.2, seed: 8, maxNewTokens: 90, eos: false },
    ];
    for (const options of settings) {
      const expected = await generate(page, options);
      expect(expected.ids).toHaveLength(90);
      const running = generate(page, options);
      await expect.poll(() => arrived(page), { intervals: [5] }).toBeGreaterThan(2);
      await protocol.send('Browser.crashGpuProcess').catch(() => {});
      const at = await arrived(page);
      expect(await running).toEqual(expected);
      // The worker may be 64 tokens ahead of the page, and must not have been at the end.
      expect(at).toBeLessThan(90 - 64);
    }
  } finally {
    await browser.close();
  }
});
