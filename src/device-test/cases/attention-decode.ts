import type { Gpu } from '../../gpu/index.ts';
import {
  type AttentionDecodeVariant,
  attentionCombineKernel,
  attentionDecodeKernel,
  packLayer,
  partialBytes,
  stateBytes,
  stateLayout,
} from '../../shaders/index.ts';
import { attentionRow } from '../../shaders/reference/index.ts';
import { type KernelCase, kernelCase, type Operation, repeating } from '../case.ts';
import { checkThat, compareExactly, compareNumbers } from '../support/compare.ts';
import { filled, readFloats, runKernel, upload, uploadUniform } from '../support/gpu.ts';
import { type HeadsSpec, headsCase } from '../support/heads.ts';
import { unstrided } from '../support/numbers.ts';

const common: AttentionDecodeVariant = { workgroup: 64, tile: 1024 };

/** Fewer lanes than a value has vec4s, lanes to spare, groups that divide nothing; the context in one tile and in many. */
const variants: AttentionDecodeVariant[] = [
  { workgroup: 1, tile: 1024 },
  { workgroup: 2, tile: 7 },
  { workgroup: 16, tile: 1024 },
  { workgroup: 64, tile: 30 },
  { workgroup: 128, tile: 64 },
];

interface Step extends HeadsSpec {
  /** Position of the column's new token. */
  position: number;
}

/** The state of columns that attend to sequence 1 at these positions. */
function packState(positions: readonly number[], running = positions.length): Uint32Array<ArrayBuffer> {
  const { headerSize, columnSize, position, sequence } = stateLayout;
  const words = new Uint32Array(stateBytes(positions.length) / 4);
  words[stateLayout.running] = running;
  for (const [column, at] of positions.entries()) {
    words[headerSize + column * columnSize + position] = at;
    words[headerSize + column * columnSize + sequence] = 1;
  }
  return words;
}

/** One step of one column: the output, the expected output, and the cache after it. */
async function attend(gpu: Gpu, step: Step, splits: number, variant = common, running = 1) {
  const { shape, input, qkvRows, cacheBefore, positionCache } = headsCase(step, step.position, 1);
  const kv = upload(gpu, cacheBefore);
  const state = upload(gpu, packState([step.position], running));
  const layer = uploadUniform(gpu, packLayer({ scale: input.scale }));
  const out = filled(gpu, shape.outStride, 5);
  const partials = filled(gpu, partialBytes(step, 1, splits) / 4, 5);
  const kernel = attentionDecodeKernel(shape, splits, variant);
  const target = splits > 1 ? partials : out;
  await runKernel(gpu, kernel, [upload(gpu, qkvRows), kv, state, layer, target], [step.heads, 1, splits]);
  if (splits > 1)
    await runKernel(gpu, attentionCombineKernel(shape, splits), [partials, state, out], [step.heads, 1, 1]);
  const width = step.heads * step.headSize;
  return {
    actual: unstrided(await readFloats(gpu, out), 1, width, shape.outStride),
    expected: attentionRow(input, step.position),
    cache: positionCache(new Uint32Array((await readFloats(gpu, kv)).buffer)),
  };
}

const tolerances = { f32: { absolute: 1e-5 }, f16: { absolute: 2e-3 } };

function headSizeCases(kv: 'f32' | 'f16', headSize: number): KernelCase[] {
  const name = (position: number) =>
    `${kv} cache, head size ${headSize}, position ${position}, in 1 and 8 parts`;
  return [0, 1, 63, 64, 300].map((position) => {
    const one = kernelCase(name(position), async (gpu) => {
      const step = { kv, heads: headSize > 3 ? 2 : 5, headSize, context: 301, position };
      const results = [];
      for (const splits of [1, 8]) {
        const { actual, expected } = await attend(gpu, step, splits);
        results.push(compareNumbers(`in ${splits}`, actual, expected, tolerances[kv]));
      }
      return results;
    });
    return repeating(one, position !== 300 || ![3, 64].includes(headSize));
  });
}

function cacheCases(kv: 'f32' | 'f16'): KernelCase[] {
  const lanes = variants.map((variant) => {
    const { workgroup, tile } = variant;
    const one = kernelCase(`${kv} cache, ${workgroup} lanes, tiles of ${tile}`, async (gpu) => {
      const step = { kv, heads: 3, headSize: 38, context: 100, position: 77 };
      const { actual, expected } = await attend(gpu, step, 1, variant);
      return compareNumbers('output', actual, expected, tolerances[kv]);
    });
    return repeating(one);
  });
  const stores = [1, 8].map((splits) =>
    kernelCase(`${kv} cache, the new key and value are stored, in ${splits} parts`, async (gpu) => {
      const { cache } = await attend(gpu, { kv, heads: 5, headSize: 3, context: 301, position: 9 }, splits);
      return [
        compareNumbers('cache', cache.actual, cache.expected, kv === 'f32' ? {} : tolerances.f16),
        checkThat('the rest of the cache is untouched', cache.untouched),
      ];
    }),
  );
  // Each size is a kernel of its own; how the cache is read depends on the size in f32 as it does in f16.
  const headSizes = kv === 'f32' ? [1, 2, 3, 20, 64] : [3, 64];
  return [...headSizes.flatMap((headSize) => headSizeCases(kv, headSize)), ...lanes, ...stores];
}

async function sideBySide(gpu: Gpu, splits: number) {
  const positions = [4, 70, 31];
  const spec: HeadsSpec = { kv: 'f32', heads: 3, headSize: 6, context: 100 };
  const cases = positions.map((position, i) => headsCase({ ...spec, seed: 30 + 10 * i }, position, 1));
  const { shape, input } = cases[0] as (typeof cases)[number];
  const qkv = Float32Array.from(cases.flatMap(({ qkvRows }) => [...qkvRows]));
  // Each column has a sequence of its own: the middle third of each case's cache, one after the other.
  const third = (words: Uint32Array) => [...words.subarray(words.length / 3, (words.length / 3) * 2)];
  const kv = upload(gpu, Uint32Array.from(cases.flatMap(({ cacheBefore }) => third(cacheBefore))));
  const words = packState(positions);
  for (const column of positions.keys())
    words[stateLayout.headerSize + column * stateLayout.columnSize + stateLayout.sequence] = column;
  const state = upload(gpu, words);
  const layer = uploadUniform(gpu, packLayer({ scale: input.scale }));
  const out = filled(gpu, positions.length * shape.outStride, 5);
  const partials = filled(gpu, partialBytes(shape, positions.length, splits) / 4, 5);
  const kernel = attentionDecodeKernel(shape, splits, common);
  const target = splits > 1 ? partials : out;
  const grid = [shape.heads, positions.length, splits] as const;
  await runKernel(gpu, kernel, [upload(gpu, qkv), kv, state, layer, target], grid);
  if (splits > 1)
    await runKernel(
      gpu,
      attentionCombineKernel(shape, splits),
      [partials, state, out],
      [grid[0], grid[1], 1],
    );
  const actual = unstrided(await readFloats(gpu, out), positions.length, 18, shape.outStride);
  const expected = cases.flatMap((one, i) => [...attentionRow(one.input, positions[i] as number)]);
  return compareNumbers('output', actual, expected, { absolute: 1e-5 });
}

export const attentionDecodeOperation: Operation = {
  name: 'attention, decode',
  cases: [
    ...cacheCases('f32'),
    ...cacheCases('f16'),
    kernelCase('large scores stay finite', async (gpu) => {
      const step: Step = { kv: 'f32', heads: 1, headSize: 4, context: 80, position: 70, deviation: 60 };
      const results = [];
      for (const splits of [1, 8]) {
        const { actual, expected } = await attend(gpu, step, splits);
        const allowed = { absolute: 1e-3, relative: 1e-3 };
        results.push(compareNumbers(`in ${splits}`, actual, expected, allowed));
      }
      return results;
    }),
    kernelCase('does nothing when no column runs', async (gpu) => {
      const step: Step = { kv: 'f32', heads: 1, headSize: 4, context: 8, position: 3 };
      const { actual, cache } = await attend(gpu, step, 1, undefined, 0);
      return [
        compareExactly('output', actual, [5, 5, 5, 5]),
        checkThat('nothing is stored', !compareNumbers('cache', cache.actual, cache.expected).passed),
      ];
    }),
    ...[1, 8].map((splits) =>
      kernelCase(`several columns side by side, in ${splits} parts`, (gpu) => sideBySide(gpu, splits)),
    ),
  ],
};
