import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRuntime } from '../src/engine/index.ts';
import { describeParameters, parseConfig } from '../src/model/index.ts';
import { decodeGreedily, type Runtime } from '../src/runtime/index.ts';
import { openCheckpoint } from '../src/weights/index.ts';
import { loadOn } from './support/gpu.ts';
import { modelFiles, readJson } from './support/model-files.ts';

interface Prompts {
  prompts: { name: string; ids: number[]; last_logits: number[]; greedy_ids: number[] }[];
}
/** Logits after every token of one text. */
interface Rows {
  ids: number[];
  logits: number[][];
  greedy_ids?: number[];
}

const tolerance = 1e-3;
const shards = ['1', '2', '3'].map((n) => `model-0000${n}-of-00003.safetensors`);
const sharded = [...shards, 'model.safetensors.index.json'];
const single = ['model.safetensors'];

async function load(
  folder: string,
  weights: readonly string[],
  more: readonly string[] = [],
): Promise<Runtime> {
  const files = await modelFiles(folder, ['config.json', ...more, ...weights]);
  const checkpoint = await openCheckpoint(files, { cache: false });
  const config = parseConfig(checkpoint.config, checkpoint.generationConfig);
  const table = describeParameters(config, checkpoint.tensors);
  const { runtime } = await createRuntime(
    { checkpoint, config, table },
    { ...(await loadOn('gpu')), dtype: 'f32' },
  );
  checkpoint.close();
  return runtime;
}

function largestDifference(actual: Float32Array, expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length);
  return expected.reduce(
    (most, value, id) => Math.max(most, Math.abs(value - (actual[id] ?? Number.NaN))),
    0,
  );
}

describe('the bundled model agrees with PyTorch', () => {
  let runtime: Runtime;
  let reference: Prompts;

  beforeAll(async () => {
    reference = await readJson<Prompts>('test/golden/tiny-tales/reference.json');
    runtime = await load('public/models/tiny-tales', single);
  });
  afterAll(() => runtime.dispose());

  it('in every logit and the first greedy tokens after every prompt', async () => {
    for (const { name, ids, last_logits, greedy_ids } of reference.prompts) {
      await runtime.prefill(0, 0, ids);
      expect(largestDifference(await runtime.logits(0), last_logits), name).toBeLessThanOrEqual(tolerance);
      expect(await decodeGreedily(runtime, ids, 8), name).toEqual(greedy_ids.slice(0, 8));
    }
  });

  it('whatever the pieces a prompt is computed in', async () => {
    const pieces = [
      { name: 'sentence', size: 1 },
      { name: 'sentence', size: 10 },
      { name: 'long', size: 100 },
    ];
    for (const { name, size } of pieces) {
      const prompt = reference.prompts.find((each) => each.name === name);
      if (!prompt) throw new Error(`The reference has no prompt ${name}.`);
      for (let at = 0; at < prompt.ids.length; at += size)
        await runtime.prefill(0, at, prompt.ids.slice(at, at + size));
      expect(largestDifference(await runtime.logits(0), prompt.last_logits)).toBeLessThanOrEqual(tolerance);
    }
  });
});

// Those that differ in what the GPU computes. Names, masks, ids and the other activations, whose kernel has cases of its
// own, differ alike on every engine: family.test.ts has them all.
const family = [
  ...['different-head', 'epsilon', 'equal-head', 'gelu-erf', 'head-dim-1', 'inverse-layer', 'large-gelu'],
  ...['unscaled', 'untied'],
].map((name) => ({ folder: `test/golden/family/${name}`, weights: single }));

const checkpoints = [
  { folder: 'test/golden/f32-prefixed', weights: single },
  { folder: 'test/golden/bf16', weights: single },
  { folder: 'test/golden/f16-sharded', weights: sharded },
  ...family,
];

describe('checkpoints of every kind agree with PyTorch', () => {
  it.each(checkpoints)('$folder', async ({ folder, weights }) => {
    const reference = await readJson<Rows>(`${folder}/reference.json`);
    const runtime = await load(folder, weights);
    try {
      for (const [t, id] of reference.ids.entries()) {
        await runtime.prefill(0, t, [id]);
        const rows = reference.logits[t] as number[];
        expect(largestDifference(await runtime.logits(0), rows), `row ${t}`).toBeLessThanOrEqual(tolerance);
      }
      await runtime.prefill(0, 0, reference.ids);
      const last = reference.logits.at(-1) as number[];
      expect(largestDifference(await runtime.logits(0), last), 'as one prompt').toBeLessThanOrEqual(
        tolerance,
      );
      const expected = reference.greedy_ids ?? [];
      expect(await decodeGreedily(runtime, reference.ids, expected.length)).toEqual(expected);
    } finally {
      runtime.dispose();
    }
  });
});
