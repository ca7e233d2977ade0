import type { Gpu } from '../../gpu/index.ts';
import {
  type AttentionVariant,
  attentionPrefillGrid,
  attentionPrefillKernel,
  attentionWeightsKernel,
  kvAppendGrid,
  kvAppendKernel,
  packChunk,
  packLayer,
} from '../../shaders/index.ts';
import { attentionRow, attentionWeights } from '../../shaders/reference/index.ts';
import { type KernelCase, kernelCase, type Operation, repeating } from '../case.ts';
import { checkThat, compareNumbers } from '../support/compare.ts';
import { filled, readFloats, runKernel, upload, uploadUniform } from '../support/gpu.ts';
import { type HeadsSpec, headsCase } from '../support/heads.ts';
import { unstrided } from '../support/numbers.ts';

/** One query a lane, as on a GPU, and several, as on a software adapter, which compiles more of them for long. */
const variants: AttentionVariant[] = [
  { queries: 1, keys: 8, workgroup: 32 },
  { queries: 2, keys: 3, workgroup: 16 },
];
const tolerances = { f32: { absolute: 1e-5 }, f16: { absolute: 2e-3 } };

/** Stores the new rows of sequence 1 in the cache; returns what a kernel that reads it binds. */
async function append(gpu: Gpu, spec: HeadsSpec, base: number, count: number) {
  const heads = headsCase(spec, base, count);
  const { shape, input, qkvRows, cacheBefore } = heads;
  const kv = upload(gpu, cacheBefore);
  const qkv = upload(gpu, qkvRows);
  const params = uploadUniform(gpu, packChunk({ count, base, sequence: 1, total: base + count }));
  const layer = uploadUniform(gpu, packLayer({ scale: input.scale }));
  await runKernel(gpu, kvAppendKernel(shape), [qkv, kv, params], kvAppendGrid(shape, count));
  return { ...heads, kv, buffers: [qkv, kv, layer, params] };
}

/** Out [count][heads * headSize], what it should be, and the cache after it. */
async function attend(gpu: Gpu, spec: HeadsSpec, base: number, count: number, variant: AttentionVariant) {
  const { shape, input, kv, buffers, positionCache } = await append(gpu, spec, base, count);
  const out = filled(gpu, count * shape.outStride, 5);
  const grid = attentionPrefillGrid(shape, variant, count);
  await runKernel(gpu, attentionPrefillKernel(shape, variant), [...buffers, out], grid);
  const width = spec.heads * spec.headSize;
  return {
    actual: unstrided(await readFloats(gpu, out), count, width, shape.outStride),
    expected: Array.from({ length: count }, (_, t) => [...attentionRow(input, base + t)]).flat(),
    cache: positionCache(new Uint32Array((await readFloats(gpu, kv)).buffer)),
  };
}

async function checkWeights(gpu: Gpu, spec: HeadsSpec, base: number, count: number) {
  const { shape, input, buffers } = await append(gpu, spec, base, count);
  const total = base + count;
  const out = filled(gpu, spec.heads * count * total, 5);
  await runKernel(gpu, attentionWeightsKernel(shape), [...buffers, out], [spec.heads, count, 1]);
  const expected = Array.from({ length: spec.heads * count }, (_, row) => {
    const weights = attentionWeights(input, Math.floor(row / count), base + (row % count));
    return [...weights, ...new Array(total - weights.length).fill(0)];
  }).flat();
  const actual = await readFloats(gpu, out, expected.length);
  return compareNumbers('weights', actual, expected, tolerances[spec.kv]);
}

function variantCases(kv: 'f32' | 'f16', variant: AttentionVariant): KernelCase[] {
  const label = `${kv} cache, ${variant.queries} queries a lane`;
  const output = async (gpu: Gpu, spec: HeadsSpec, base: number, count: number) => {
    const { actual, expected } = await attend(gpu, spec, base, count, variant);
    return compareNumbers('output', actual, expected, tolerances[kv]);
  };
  // Each size is a kernel of its own; how the cache is read depends on the size in f32 as it does in f16.
  const sizes = kv === 'f32' ? ([[1, 4], [2, 3], [3, 5], [20, 1], [64, 2]] as const) : ([[3, 5], [64, 2]] as const); // biome-ignore format: pairs
  const rows = [[0, 1], [0, 33], [5, 2], [63, 7], [64, 64], [1, 130]] as const; // biome-ignore format: pairs
  return [
    ...sizes.map(([headSize, heads]) => {
      const spec: HeadsSpec = { kv, heads, headSize, context: 48 };
      const one = kernelCase(`${label}, head size ${headSize}`, (gpu) => output(gpu, spec, 3, 37));
      return repeating(one, ![3, 64].includes(headSize));
    }),
    ...rows.map(([base, count]) => {
      const spec: HeadsSpec = { kv, heads: 2, headSize: 8, context: 140 };
      const name = `${label}, ${count} rows from position ${base}`;
      return repeating(kernelCase(name, (gpu) => output(gpu, spec, base, count)));
    }),
    kernelCase(`${label}, keys and values are stored for their sequence alone`, async (gpu) => {
      const { cache } = await attend(gpu, { kv, heads: 5, headSize: 3, context: 48 }, 4, 9, variant);
      return [
        compareNumbers('cache', cache.actual, cache.expected, kv === 'f32' ? {} : tolerances.f16),
        checkThat('the rest of the cache is untouched', cache.untouched),
      ];
    }),
  ];
}

export const attentionPrefillOperation: Operation = {
  name: 'attention, prefill',
  cases: [
    ...variants.flatMap((variant) => [...variantCases('f32', variant), ...variantCases('f16', variant)]),
    ...variants.map((variant) =>
      kernelCase(`large scores stay finite, ${variant.queries} queries a lane`, async (gpu) => {
        const spec: HeadsSpec = { kv: 'f32', heads: 1, headSize: 4, context: 24, deviation: 60 };
        const { actual, expected } = await attend(gpu, spec, 2, 17, variant);
        return compareNumbers('output', actual, expected, { absolute: 1e-3, relative: 1e-3 });
      }),
    ),
    ...(['f32', 'f16'] as const).map((kv) =>
      kernelCase(`${kv} cache, the weights themselves`, (gpu) =>
        checkWeights(gpu, { kv, heads: 3, headSize: 6, context: 120 }, 70, 9),
      ),
    ),
  ],
};
