import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright';
import { preview } from 'vite';
import { browserArgs, cpuBrowserArgs, ensureBrowser, findBrowser } from './browser.ts';

/**
 * From navigation to the first text that the bundled model writes on the built page, on the CPU engine and on the GPU. The
 * first visit finds an empty browser; later ones find what a visitor's browser keeps: script, model, compiled shaders.
 * `npm run build` comes first. Prints milliseconds; sets no limit, as a software adapter is no graphics card.
 * `cpu` or `gpu` as an argument measures that alone.
 */
/** Each visit asks for a text of its own, as the page would otherwise show the one before. */
const names = ['Tom', 'Lily', 'Ben', 'Mia', 'Sam', 'Sue'];

/** Runs before the page's own script: notes when text stands behind the prompt. */
const watch = (prompt: string) => `
  const timer = setInterval(() => {
    const text = document.querySelector('[data-testid=text]')?.value ?? '';
    if (!text.startsWith(${JSON.stringify(prompt)}) || text.length <= ${prompt.length}) return;
    window.firstText = performance.now();
    clearInterval(timer);
  }, 4);
`;

/** Milliseconds from navigation to the first text. */
async function visit(context: BrowserContext, url: string, name: string): Promise<number> {
  const prompt = `Once upon a time, ${name}`;
  const page = await context.newPage();
  await page.addInitScript({ content: watch(prompt) });
  await page.goto(`${url}?prompt=${encodeURIComponent(prompt)}`);
  const seen = await page.waitForFunction(() => (window as { firstText?: number }).firstText, undefined, {
    timeout: 60_000,
  });
  const first = (await seen.jsonValue()) as number;
  // What the page keeps for the next visit, it keeps when it has written.
  await page.locator('[data-testid=status][data-phase=ready]').waitFor({ timeout: 60_000 });
  await page.close();
  return first;
}

async function measure(name: string, url: string, args: string[]): Promise<void> {
  const profile = mkdtempSync(join(tmpdir(), 'vitrine-first-text-'));
  const options = { executablePath: findBrowser(), args, headless: true };
  const context = await chromium.launchPersistentContext(profile, options);
  try {
    const times: number[] = [];
    for (const one of names) times.push(await visit(context, url, one));
    const [first, ...later] = times.map(Math.round);
    const median = later.toSorted((a, b) => a - b)[later.length >> 1];
    console.log(`${name}: first visit ${first} ms, later ${median} ms (${later.join(', ')})`);
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

await ensureBrowser();
const server = await preview({
  preview: { port: 0, strictPort: false, host: '127.0.0.1' },
  logLevel: 'error',
});
const url = server.resolvedUrls?.local[0];
if (!url) throw new Error('The built page is not served. Run `npm run build` first.');
const asked = process.argv[2];
if (asked !== 'gpu') await measure('CPU', url, cpuBrowserArgs);
if (asked !== 'cpu') await measure('GPU', url, browserArgs);
await server.close();
process.exit();
