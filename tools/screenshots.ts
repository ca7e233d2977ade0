import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import { startStaticServer } from '../e2e/support/static-server.ts';
import { startHubServer } from '../test/support/hub-server.ts';
import { browserArgs, findBrowser } from './browser.ts';
import type { PageState } from './screenshots/page-state.ts';
import { toPalette } from './screenshots/palette.ts';
import { states } from './screenshots/states.ts';

/**
 * Pictures of every state of the built page, from the page itself: `npm run screenshots [-- name ...]`.
 * They go to docs/images, or to the folder in $SCREENSHOTS_TO.
 */
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const folder = process.env.SCREENSHOTS_TO ?? join(root, 'docs/images');
const mostBytes = 2_000_000;
const wanted = process.argv.slice(2);

const site = await startStaticServer({ mounts: { '/': dist } });
const hub = await startHubServer({
  delayMs: 40,
  pieceBytes: 8 * 1024,
  repos: {
    'vitrine/plain': { folder: join(root, 'test/golden/f32-prefixed') },
    'vitrine/gated': { folder: join(root, 'test/golden/bf16'), gated: true },
  },
});
const launch = (args: string[]) => chromium.launch({ executablePath: findBrowser(), args });
const browsers = {
  gpu: await launch(browserArgs),
  none: await launch(['--no-sandbox', '--disable-gpu', '--disable-features=WebGPU']),
};

async function take(state: PageState): Promise<number> {
  const { name, size = [1280, 800], scale = 1, browser = 'gpu', media = {} } = state;
  const [width, height] = size;
  const context = await browsers[browser].newContext({
    baseURL: `${site.origin}/`,
    viewport: { width: Math.round(width / scale), height: Math.round(height / scale) },
    deviceScaleFactor: scale,
    colorScheme: media.dark ? 'dark' : 'light',
    reducedMotion: media.still ? 'reduce' : 'no-preference',
  });
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    await state.steps(page, { hub, context });
    const png = toPalette(await page.screenshot({ animations: 'disabled', caret: 'hide' }));
    writeFileSync(join(folder, `${name}.png`), png);
    return png.length;
  } finally {
    await context.close();
  }
}

mkdirSync(folder, { recursive: true });
let total = 0;
let failed = 0;
try {
  for (const state of states) {
    const file = join(folder, `${state.name}.png`);
    if (wanted.length > 0 && !wanted.includes(state.name)) continue;
    rmSync(file, { force: true });
    try {
      const bytes = await take(state);
      total += bytes;
      console.log(`${state.name}.png, ${Math.round(bytes / 1000)} kB`);
    } catch (error) {
      failed += 1;
      console.error(`${state.name}: ${error instanceof Error ? error.message : error}`);
    }
  }
} finally {
  await Promise.all(Object.values(browsers).map((browser) => browser.close()));
  await Promise.all([site.close(), hub.close()]);
}
if (total > mostBytes) throw new Error(`The pictures take ${total} bytes; at most ${mostBytes} are kept.`);
if (failed > 0) throw new Error(`${failed} states could not be reached.`);
