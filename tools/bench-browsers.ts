import { join } from 'node:path';
import { chromium } from 'playwright';
import { createServer } from 'vite';
import { browserArgs, ensureBrowser, findBrowser } from './browser.ts';
import { launchFirefox } from './browsers/index.ts';

/**
 * Greedy decoding of the bundled model in Chromium and in Firefox, on the same adapter, in turns, so that other work
 * on the machine disturbs both alike. Prints the rates, and the ratio of each turn.
 */
const rounds = 9;
const tokens = 32;

interface Opened {
  rate(): Promise<number>;
  close(): Promise<void>;
}

async function load(): Promise<void> {
  await window.bench.load(new URL('models/tiny-tales/', document.baseURI).href);
  await window.bench.prefill([1, 2, 3, 4, 5, 6, 7]);
  await window.bench.decode(64);
}

async function tokensPerSecond(count: number): Promise<number> {
  const started = performance.now();
  await window.bench.decode(count);
  return (count * 1000) / (performance.now() - started);
}

async function openChromium(url: string): Promise<Opened> {
  await ensureBrowser();
  const browser = await chromium.launch({ executablePath: findBrowser(), args: browserArgs });
  const page = await browser.newPage();
  await page.goto(url);
  await page.evaluate(load);
  return { rate: () => page.evaluate(tokensPerSecond, tokens), close: () => browser.close() };
}

async function openFirefox(url: string): Promise<Opened> {
  const { page, close } = await launchFirefox({ webgpu: true });
  await page.goto(url);
  await page.evaluate(load);
  return { rate: () => page.evaluate(tokensPerSecond, tokens), close };
}

function median(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[values.length >> 1] as number;
}

const line = (name: string, values: readonly number[]) =>
  console.log(
    `${name.padEnd(18)} ${median(values).toFixed(2)}   (${values.map((v) => v.toFixed(1)).join(' ')})`,
  );

const server = await createServer({
  root: join(import.meta.dirname, '..'),
  logLevel: 'error',
  server: { port: 0, strictPort: false },
});
const opened: Opened[] = [];
try {
  await server.listen();
  const url = new URL('bench.html?autotune=no', server.resolvedUrls?.local[0]).href;
  const inChromium = await openChromium(url);
  opened.push(inChromium);
  const inFirefox = await openFirefox(url);
  opened.push(inFirefox);
  const rates: { chromium: number; firefox: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    rates.push({ chromium: await inChromium.rate(), firefox: await inFirefox.rate() });
  }
  console.log('tokens/s, median of turns');
  line(
    'Chromium',
    rates.map(({ chromium }) => chromium),
  );
  line(
    'Firefox',
    rates.map(({ firefox }) => firefox),
  );
  line(
    'Firefox/Chromium',
    rates.map(({ chromium, firefox }) => firefox / chromium),
  );
} finally {
  for (const { close } of opened) await close();
  await server.close();
}
process.exit();
