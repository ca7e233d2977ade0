import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import { startStaticServer } from '../e2e/support/static-server.ts';
import { browserArgs, findBrowser } from './browser.ts';

/**
 * Records the answer that an embed plays while the bundled model's weights arrive: made by that model, on the
 * library of `dist/` (`npm run build` comes before). Usage: npx tsx tools/record-answer.mjs
 */
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const target = join(root, 'public/models/tiny-tales/recording.json');
const request = {
  prompt: 'Once upon a time',
  maxNewTokens: 100,
  temperature: 0.8,
  topK: 40,
  seed: 11,
  logprobs: 3,
};

async function record({ prompt, ...options }) {
  const { loadModel } = await import('/vitrine.js');
  const model = await loadModel('tiny-tales', { cache: false, dtype: 'f32' });
  const round = (value) => Math.round(value * 1e4) / 1e4;
  const tokens = [];
  for await (const { text, logprob, alternatives } of model.generate(prompt, options))
    tokens.push({
      text,
      logprob: round(logprob),
      alternatives: alternatives.map((other) => ({ text: other.text, logprob: round(other.logprob) })),
    });
  model.dispose();
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
  const recording = await page.evaluate(record, request);
  writeFileSync(target, `${JSON.stringify(recording)}\n`);
  console.log(`${recording.tokens.length} tokens: ${recording.tokens.map(({ text }) => text).join('')}`);
} finally {
  await browser.close();
  await server.close();
}
