import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, expect, type Page, test } from '@playwright/test';
import { type HubServer, startHubServer } from '../test/support/hub-server.ts';
import { cpuBrowserArgs, findHeadlessBrowser } from '../tools/browser.ts';
import { VitrinePage } from './page-support.ts';
import { dist } from './support/sites.ts';
import { type StaticServer, startStaticServer } from './support/static-server.ts';

/** The site's service worker is what these tests are about. */
test.use({ serviceWorkers: 'allow' });

/** A browser that keeps its profile from one start to the next. */
async function withBrowser<Result>(
  profile: string,
  offline: boolean,
  use: (context: BrowserContext) => Promise<Result>,
): Promise<Result> {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: findHeadlessBrowser(),
    args: cpuBrowserArgs,
    headless: true,
    offline,
  });
  try {
    return await use(context);
  } finally {
    await context.close();
  }
}

async function written(page: Page, url: string): Promise<string> {
  const vitrine = new VitrinePage(page);
  await page.goto(url);
  const load = page.getByRole('button', { name: 'Load it' });
  await expect(load.or(vitrine.status.and(page.locator('[data-phase=ready]')))).toBeVisible({
    timeout: 60_000,
  });
  // A model of the hub waits for the word.
  if (await load.isVisible()) {
    await load.click();
    await vitrine.ready();
    await vitrine.write.click();
    await expect(vitrine.text).toHaveValue(/^Hello.+/s);
  }
  await vitrine.ready();
  return vitrine.value();
}

/** A custom element on a page of the same site, by its public script. */
async function elementWrites(page: Page, home: string): Promise<void> {
  await page.goto(`${home}embed.html`);
  await page.evaluate(async (script) => {
    await import(script);
    const demo = document.createElement('vitrine-demo');
    demo.id = 'second';
    for (const [name, value] of Object.entries({ prompt: 'A fox', seed: '5', 'max-new-tokens': '6' }))
      demo.setAttribute(name, value);
    document.body.append(demo);
  }, `${home}embed.js`);
  const demo = page.locator('#second');
  await demo.getByRole('button', { name: 'Run' }).click();
  await expect(demo.getByRole('status')).toHaveText(/6 tokens/, { timeout: 60_000 });
}

async function frameWrites(page: Page, home: string): Promise<void> {
  await page.goto(`${home}embed.html?prompt=The+old+king&seed=5&max-new-tokens=8&autoload=now`);
  await expect(page.getByRole('status')).toHaveText(/8 tokens/, { timeout: 60_000 });
}

test.describe('a browser started without a network after one visit', () => {
  let site: StaticServer;
  let hub: HubServer;
  let profile = '';
  let home = '';
  let bundled = '';
  let ofHub = '';

  test.beforeAll(async () => {
    site = await startStaticServer({ mounts: { '/sub/': dist } });
    hub = await startHubServer({ repos: { 'test/plain': { folder: 'test/golden/f32-prefixed' } } });
    profile = mkdtempSync(join(tmpdir(), 'vitrine-profile-'));
    home = `${site.origin}/sub/`;
    bundled = `${home}?prompt=The+old+king&seed=5&max-new-tokens=8`;
    ofHub = `${home}?hub=${encodeURIComponent(hub.hub)}&model=test/plain&prompt=Hello&seed=5&max-new-tokens=4`;
  });

  test.afterAll(() => rmSync(profile, { recursive: true, force: true }));

  test('the page with either model, the frame and the element all write', async () => {
    const before = await withBrowser(profile, false, async (context) => {
      const page = await context.newPage();
      const texts = [await written(page, bundled), await written(page, ofHub)];
      await page.evaluate(() => navigator.serviceWorker.ready);
      return texts;
    });
    // Both hosts are gone for good: nothing answers any more.
    await site.close();
    await hub.close();
    await withBrowser(profile, true, async (context) => {
      const page = await context.newPage();
      expect([await written(page, bundled), await written(page, ofHub)]).toEqual(before);
      await frameWrites(page, home);
      await elementWrites(page, home);
    });
  });
});

test('a frame alone, once used, is kept for later', async ({ page, context }) => {
  const site = await startStaticServer({ mounts: { '/': dist } });
  const home = `${site.origin}/`;
  await page.goto(`${home}embed.html`);
  expect(await page.evaluate(() => navigator.serviceWorker.getRegistrations())).toEqual([]);
  await frameWrites(page, home);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.close();
  await site.close();
  await frameWrites(await context.newPage(), home);
});

test('the service worker holds the ranks once, the library and no model', () => {
  const worker = readFileSync(join(dist, 'sw.js'), 'utf8');
  expect(worker.match(/r50k/g)).toHaveLength(1);
  const shell = ['embed.html', 'embed.js', 'vitrine.js', 'vitrine-worker.js', 'vitrine-store-worker.js'];
  for (const file of shell) expect(worker).toContain(`"${file}"`);
  expect(worker).not.toMatch(/models\/|safetensors|bench\.html/);
});
