import { describe, expect, test } from 'vitest';
import { filled, readFloats, runKernel, sharedGpu, upload, uploadUniform } from '../../test/support/gpu.ts';
import { type HeadsSpec, headsCase } from '../../test/support/heads.ts';
import { expectClose, unstrided } from '../../test/support/numbers.ts';
import {
  type AttentionVariant,
  attentionPrefillGrid,
  attentionPrefillKernel,
  kvAppendGrid,
  kvAppendKernel,
} from './attention-prefill.ts';
import { packChunk } from './chunk.ts';
import { attentionRow } from './reference/index.ts';

const gpu = sharedGpu();

const one: AttentionVariant = { queries: 1, keys: 8, workgroup: 32 };
const four: AttentionVariant = { queries: 4, keys: 3, workgroup: 16 };

/** Appends the new rows of sequence 1 and attends: out [count][heads * headSize], and what it should be. */
async function attend(spec: HeadsSpec, base: number, count: number, variant = one) {
  const { shape, input, qkvRows, cacheBefore, positionCache } = headsCase(spec, base, count);
  const kv = upload(gpu(), cacheBefore);
  const qkv = upload(gpu(), qkvRows);
  const params = uploadUniform(gpu(), packChunk({ count, base, sequence: 1 }));
  const layer = uploadUniform(gpu(), new Float32Array([input.scale, 0, 0, 0]));
  const out = filled(gpu(), count * shape.outStride, 5);
  await runKernel(gpu(), kvAppendKernel(shape), [qkv, kv, params], kvAppendGrid(shape, count));
  const grid = attentionPrefillGrid(shape, variant, count);
  await runKernel(gpu(), attentionPrefillKernel(shape, variant), [qkv, kv, layer, params, out], grid);
  const width = spec.heads * spec.headSize;
  const actual = unstrided(await readFloats(gpu(), out), count, width, shape.outStride);
  const expected = Float64Array.from(
    Array.from({ length: count }, (_, t) => [...attentionRow(input, base + t)]).flat(),
  );
  return { actual, expected, cache: positionCache(new Uint32Array((await readFloats(gpu(), kv)).buffer)) };
}

const variants = [one, four].flatMap((variant) => (['f32', 'f16'] as const).map((kv) => ({ kv, variant })));

describe.each(variants)('cache in $kv, $variant.queries queries a lane', ({ kv, variant }) => {
  const tolerance = kv === 'f32' ? { absolute: 1e-5 } : { absolute: 2e-3 };

  test.each([
    [1, 4],
    [2, 3],
    [3, 5],
    [64, 2],
    [80, 1],
  ])('head size %i', async (headSize, heads) => {
    const { actual, expected } = await attend({ kv, heads, headSize, context: 48 }, 3, 37, variant);
    expectClose(actual, expected, tolerance);
  });

  test.each([
    [0, 1],
    [0, 33],
    [5, 2],
    [63, 7],
    [64, 64],
    [1, 130],
  ])('from position %i, %i rows', async (base, count) => {
    const { actual, expected } = await attend(
      { kv, heads: 2, headSize: 8, context: 140 },
      base,
      count,
      variant,
    );
    expectClose(actual, expected, tolerance);
  });

  test('keys and values join the cache of their sequence alone', async () => {
    const { cache } = await attend({ kv, heads: 2, headSize: 6, context: 20 }, 4, 9, variant);
    const allowed = kv === 'f32' ? { absolute: 0 } : { absolute: 2e-3 };
    expectClose(cache.actual, cache.expected, allowed);
    expect(cache.untouched).toBe(true);
  });
});

test.each([one, four])('large scores stay finite, $queries queries a lane', async (variant) => {
  const spec: HeadsSpec = { kv: 'f32', heads: 1, headSize: 4, context: 24, deviation: 60 };
  const { actual, expected } = await attend(spec, 2, 17, variant);
  expectClose(actual, expected, { absolute: 1e-3, relative: 1e-3 });
});
