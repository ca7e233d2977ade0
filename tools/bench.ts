import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright';
import { createServer } from 'vite';
import type * as options from '../bench/options.ts';
import type * as plot from '../bench/plot.ts';
import { browserArgs, ensureBrowser, findBrowser } from './browser.ts';

/** Runs the bench in a real browser. With a graphics adapter set VITRINE_GPU=1: no software adapter is forced. */
const server = await createServer({
  root: join(import.meta.dirname, '..'),
  logLevel: 'error',
  server: { port: 0, strictPort: false },
});
let browser: Browser | undefined;
try {
  const { parseCommandLine } = (await server.ssrLoadModule('/bench/options.ts')) as typeof options;
  const { plotCost } = (await server.ssrLoadModule('/bench/plot.ts')) as typeof plot;
  const line = parseCommandLine(process.argv.slice(2));
  await ensureBrowser();
  await server.listen();
  const args = process.env.VITRINE_GPU
    ? ['--enable-unsafe-webgpu', '--enable-features=Vulkan', '--no-sandbox']
    : browserArgs;
  browser = await chromium.launch({ executablePath: findBrowser(), args });
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error(error.message));
  await page.goto(new URL('bench.html', server.resolvedUrls?.local[0]).href);
  await page.waitForFunction(() => 'bench' in window);
  const { text, report } = await page.evaluate(
    ({ models, dtypes, prompts, contexts, batches, newTokens, repeat, autotune, text }) =>
      window.bench.run({
        sources: models,
        dtypes,
        ...(prompts ? { prompts } : {}),
        ...(contexts ? { contexts } : {}),
        batches,
        newTokens,
        repeat,
        autotune,
        ...(text === undefined ? {} : { text }),
      }),
    { ...line, text: line.text === undefined ? undefined : readFileSync(line.text, 'utf8') },
  );
  console.log(text);
  if (line.plot) writeFileSync(line.plot, plotCost(report));
  if (line.json) writeFileSync(line.json, `${JSON.stringify(report, null, 2)}\n`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await browser?.close();
  await server.close();
}
process.exit();
