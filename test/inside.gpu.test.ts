import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adoptDevice, type Gpu } from '../src/gpu/index.ts';
import { runIds } from '../src/inside/index.ts';
import { gpt2, referencePass } from '../src/model/index.ts';
import { chooserOf } from '../src/runtime/gpu/autotune/matvec-candidates.ts';
import { GpuRuntime } from '../src/runtime/gpu/gpu-runtime.ts';
import { GpuWeightLoader } from '../src/runtime/gpu/weight-loader.ts';
import type { WeightDtype } from '../src/shaders/index.ts';
import type { TestCheckpoint } from './support/checkpoint.ts';
import { largestDifference } from './support/cpu.ts';
import { sharedDevice } from './support/gpu.ts';
import * as checks from './support/inside-checks.ts';
import { tinyConfig } from './support/model.ts';
import { quantisedCheckpoint } from './support/quantised-checkpoint.ts';
import { randomCheckpoint } from './support/random-checkpoint.ts';

const config = tinyConfig;
const checkpoint = randomCheckpoint(config);
const ids = Array.from({ length: 9 }, (_, t) => (t * 7 + 3) % config.vocabSize);
let gpu: Gpu;
let subject: checks.Subject;

/** A checkpoint on the GPU and in float64. */
async function load({ table, tensors, bytes, weights }: TestCheckpoint, dtype: WeightDtype) {
  gpu = adoptDevice(await sharedDevice());
  const context = config.nPositions;
  const shape = { dtype, kv: 'f32', context, sequences: 1 } as const;
  const loader = await GpuWeightLoader.create(gpu, config, table, shape);
  for (const tensor of tensors.values()) await loader.write(tensor, 0, bytes(tensor));
  await loader.finish();
  const options = { context, kv: 'f32', chooseVariant: chooserOf(gpu.info, new Map()) } as const;
  const runtime = new GpuRuntime(gpu, loader.model, options);
  const reference: checks.Subject['reference'] = (text, watch) =>
    referencePass(gpt2(config), weights, text, watch);
  return { runtime, reference, tolerance: 2e-4 };
}

beforeAll(async () => {
  subject = await load(checkpoint, 'f32');
});
afterAll(() => subject.runtime.dispose());

describe('the inside on the GPU, against float64', () => {
  it('captures every site and changes nothing by it', async () => {
    const bytes = gpu.buffers.bytes;
    const watched = await checks.checkRun(subject, ids);
    const plain = await runIds(subject.runtime, ids, { logits: 'all' });
    expect(largestDifference(plain.logits, watched)).toBeLessThan(1e-5);
    expect(gpu.buffers.bytes, 'bytes left on the GPU').toBe(bytes);
  });

  it('makes edits of each kind', async () => {
    const plain = await runIds(subject.runtime, ids, { logits: 'all' });
    for (const [kind, edit] of Object.entries(checks.editsOfEachKind(config))) {
      const edited = await checks.checkRun(subject, ids, [edit]);
      expect(largestDifference(edited, plain.logits), kind).toBeGreaterThan(1e-3);
    }
  });

  it('patches every position and head, attributes, scores heads', async () => {
    await checks.checkPatches(subject, ids, ids.toSpliced(2, 1, 11));
    await checks.checkAblation(subject, ids);
    await checks.checkAttribution(subject, ids);
    await checks.checkHeads(subject);
  });

  it('generates under edits', async () => {
    const { nEmbd } = config;
    const value = Array.from({ length: nEmbd }, (_, i) => 2 * Math.sin(i));
    await checks.checkGeneration(subject, ids, [{ site: 'blocks.0.hook_resid_post', op: 'add', value }]);
    await checks.checkGeneration(subject, ids, [
      { site: 'hook_embed', op: 'scale', value: -2, positions: [9, 10, 11] },
      { site: 'blocks.0.attn.hook_pattern', op: 'zero', head: 1 },
      { site: 'blocks.1.attn.hook_v', op: 'scale', value: 3 },
      { site: 'ln_final.hook_normalized', op: 'scale', value: -1 },
    ]);
  });
});

describe('the inside on the GPU in other dtypes, against float64 over their own weights', () => {
  it.each(['f16', 'int8', 'int4'] as const)('%s', async (dtype) => {
    const own = await load(quantisedCheckpoint(checkpoint, dtype), dtype);
    await checks.checkDtype(own, ids);
    own.runtime.dispose();
  });
});
