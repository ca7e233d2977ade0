import { expect, it } from 'vitest';
import { loadHere } from '../src/engine/index.ts';
import { modelFiles } from './support/model-files.ts';

const names = ['config.json', 'vocab.json', 'merges.txt', 'model.safetensors'];

it.each([
  [undefined, 'f32'],
  ['f16', 'f32'],
  ['int8', 'int8'],
  ['int4', 'int4'],
] as const)('on the CPU, dtype %s is held as %s', async (dtype, held) => {
  const files = await modelFiles('test/golden/bf16', names);
  const { model } = await loadHere(files, { backend: 'cpu', cache: false, dtype });
  expect(model.dtype).toBe(held);
  expect((await model.score([5, 6, 7])).perplexity).toBeGreaterThan(1);
  model.dispose();
});
