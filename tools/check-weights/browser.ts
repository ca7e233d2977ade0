import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Frame, type Page } from 'playwright';
import type { HubServer } from '../../test/support/hub-server.ts';
import { browserArgs, findBrowser } from '../browser.ts';
import { id, weights } from './page.ts';

/** Bytes; older browsers do not tell the latter two. */
interface HeapUsage {
  usedSize: number;
  embedderHeapUsedSize?: number;
  backingStorageSize?: number;
}

/** A browser with a profile of its own on disk. */
export async function launch(preferences: object = {}) {
  const profile = mkdtempSync(join(tmpdir(), 'vitrine-weights-'));
  mkdirSync(join(profile, 'Default'));
  writeFileSync(join(profile, 'Default', 'Preferences'), JSON.stringify(preferences));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: findBrowser(),
    args: browserArgs,
    headless: true,
  });
  const close = async () => {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  };
  return { context, close };
}

/** A tab on the page that loads weights. */
export async function newPage(context: BrowserContext, server: HubServer): Promise<Page> {
  const tab = await context.newPage();
  await tab.goto(`${server.folderUrl('app')}index.html`);
  await tab.waitForFunction('window.weightCheck');
  return tab;
}

/** Polls everything that counts as the page's heap: objects, DOM, and array buffers. */
export async function watchHeap(context: BrowserContext, tab: Page) {
  const session = await context.newCDPSession(tab);
  await session.send('HeapProfiler.collectGarbage');
  const now = async () => {
    const heap: HeapUsage = await session.send('Runtime.getHeapUsage');
    return heap.usedSize + (heap.embedderHeapUsedSize ?? 0) + (heap.backingStorageSize ?? 0);
  };
  const base = await now();
  let peak = base;
  let on = true;
  const polling = (async () => {
    while (on) {
      peak = Math.max(peak, await now());
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return async () => {
    on = false;
    await polling;
    return { base, rise: peak - base };
  };
}

/** Loads the model in a tab or frame. */
export const run = (tab: Page | Frame, hub: string, model = id) =>
  tab.evaluate((options) => window.weightCheck.load(options), { hub, id: model });

/** Bytes of the weights that the browser has stored. */
export async function stored(tab: Page): Promise<number> {
  const models = await tab.evaluate(() => window.weightCheck.weights.listCached());
  return models[0]?.files.find((one) => one.path === weights)?.bytes ?? 0;
}

export async function clear(context: BrowserContext, server: HubServer): Promise<void> {
  const tab = await newPage(context, server);
  await tab.evaluate((name) => window.weightCheck.weights.deleteCached(name), id);
  await tab.close();
}
