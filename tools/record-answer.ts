import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import { startStaticServer } from '../e2e/support/static-server.ts';
import type { GeneratedToken, GenerateOptions } from '../src/engine/index.ts';
import type * as library from '../src/index.ts';
import { browserArgs, findBrowser } from './browser.ts';

/**
 * Records the answer that an embed plays while the bundled model's weights arrive: made by that model, on the
 * library of `dist/` (`npm run build` comes before). Usage: npx tsx tools/record-answer.ts
 */
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const target = join(root, 'public/models/tiny-tales/recording.json');
const prompt = 'Once upon a time';
const options: GenerateOptions = { maxNewTokens: 100, temperature: 0.8, topK: 40, seed: 11, logprobs: 3 };

/** Runs in the page. No function in it may have a name: the tools' compiler would add a call that the page lacks. */
async function generate({ prompt, options }: { prompt: string; options: GenerateOptions }) {
  // A variable: the compiler is not to look for the page's file here.
  const address = '/vitrine.js';
  const { loadModel }: typeof library = await import(address);
  const model = await loadModel('tiny-tales', { cache: false, dtype: 'f32' });
  const tokens: GeneratedToken[] = [];
  for await (const token of model.generate(prompt, options)) tokens.push(token);
  model.dispose();
  return tokens;
}

const round = (value: number) => Math.round(value * 1e4) / 1e4;

function recordingOf(generated: GeneratedToken[]) {
  const tokens = generated.map(({ text, logprob, alternatives }) => ({
    text,
    logprob: round(logprob),
    alternatives: alternatives.map((other) => ({ text: other.text, logprob: round(other.logprob) })),
  }));
  return { version: 1, model: 'tiny-tales', prompt, options, tokens };
}

const html = '<!doctype html><title>Recording</title>';
const server = await startStaticServer({
  mounts: { '/': join(root, 'dist') },
  pages: { '/record': { html } },
});
const browser = await chromium.launch({ executablePath: findBrowser(), args: browserArgs });
try {
  const page = await browser.newPage();
  await page.goto(`${server.origin}/record`);
  const recording = recordingOf(await page.evaluate(generate, { prompt, options }));
  writeFileSync(target, `${JSON.stringify(recording)}\n`);
  console.log(`${recording.tokens.length} tokens: ${recording.tokens.map(({ text }) => text).join('')}`);
} finally {
  await browser.close();
  await server.close();
}
