import { describe, expect, test } from 'vitest';
import { filled, readFloats, runKernel, sharedGpu, upload, uploadUniform } from '../../test/support/gpu.ts';
import { type HeadsSpec, headsCase } from '../../test/support/heads.ts';
import { expectClose, unstrided } from '../../test/support/numbers.ts';
import {
  attentionCombineKernel,
  attentionDecodeKernel,
  attentionLanes,
  partialBytes,
} from './attention-decode.ts';
import { attentionRow } from './reference/index.ts';
import { stateBytes, stateLayout } from './state.ts';

const gpu = sharedGpu();

interface Step extends HeadsSpec {
  /** Where the column's new token stands. */
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

/** One step of one column: what came out, what should have, and the cache after. */
async function attend(step: Step, splits: number, lanes?: number, running = 1) {
  const { shape, input, qkvRows, cacheBefore, positionCache } = headsCase(step, step.position, 1);
  const kv = upload(gpu(), cacheBefore);
  const state = upload(gpu(), packState([step.position], running));
  const layer = uploadUniform(gpu(), new Float32Array([input.scale, 0, 0, 0]));
  const out = filled(gpu(), shape.outStride, 5);
  const partials = filled(gpu(), partialBytes(step, 1, splits) / 4, 5);
  const kernel = attentionDecodeKernel(shape, splits, lanes ?? attentionLanes(step));
  const target = splits > 1 ? partials : out;
  await runKernel(gpu(), kernel, [upload(gpu(), qkvRows), kv, state, layer, target], [step.heads, 1, splits]);
  if (splits > 1) {
    await runKernel(gpu(), attentionCombineKernel(shape, splits), [partials, state, out], [step.heads, 1, 1]);
  }
  const width = step.heads * step.headSize;
  return {
    actual: unstrided(await readFloats(gpu(), out), 1, width, shape.outStride),
    expected: attentionRow(input, step.position),
    cache: positionCache(new Uint32Array((await readFloats(gpu(), kv)).buffer)),
  };
}

describe.each(['f32', 'f16'] as const)('cache in %s', (kv) => {
  const tolerance = kv === 'f32' ? { absolute: 1e-5 } : { absolute: 2e-3 };

  describe.each([1, 2, 3, 64, 80])('head size %i', (headSize) => {
    test.each([0, 1, 63, 64, 300])('position %i, whole and in parts', async (position) => {
      const step = { kv, heads: headSize > 3 ? 2 : 5, headSize, context: 301, position };
      for (const splits of [1, 8]) {
        const { actual, expected } = await attend(step, splits);
        expectClose(actual, expected, tolerance, `in ${splits}`);
      }
    });
  });

  test.each([1, 2, 64])('%i lanes', async (lanes) => {
    const step = { kv, heads: 3, headSize: 6, context: 100, position: 77 };
    const { actual, expected } = await attend(step, 1, lanes);
    expectClose(actual, expected, tolerance);
  });

  test.each([1, 8])('the new key and value join the cache, in %i parts', async (splits) => {
    const { cache } = await attend({ kv, heads: 2, headSize: 6, context: 20, position: 9 }, splits);
    expectClose(cache.actual, cache.expected, kv === 'f32' ? {} : { absolute: 2e-3 });
    expect(cache.untouched).toBe(true);
  });
});

test('large scores stay finite', async () => {
  const step: Step = { kv: 'f32', heads: 1, headSize: 4, context: 80, position: 70, deviation: 60 };
  for (const splits of [1, 8]) {
    const { actual, expected } = await attend(step, splits);
    expectClose(actual, expected, { absolute: 1e-3, relative: 1e-3 });
  }
});

test('does nothing when no column runs', async () => {
  const step: Step = { kv: 'f32', heads: 1, headSize: 4, context: 8, position: 3 };
  const { actual, cache } = await attend(step, 1, undefined, 0);
  expect([...actual]).toEqual([5, 5, 5, 5]);
  expect(cache.actual).not.toEqual(cache.expected);
});

test.each([1, 8])('several columns attend side by side, in %i parts', async (splits) => {
  const positions = [4, 70, 31];
  const spec: HeadsSpec = { kv: 'f32', heads: 3, headSize: 6, context: 90 };
  const cases = positions.map((position, i) => headsCase({ ...spec, seed: 30 + 10 * i }, position, 1));
  const { shape, input } = cases[0] as (typeof cases)[number];
  const qkv = Float32Array.from(cases.flatMap(({ qkvRows }) => [...qkvRows]));
  // Each column has a sequence of its own: the middle third of each case's cache, one after the other.
  const third = (words: Uint32Array) => [...words.subarray(words.length / 3, (words.length / 3) * 2)];
  const kv = upload(gpu(), Uint32Array.from(cases.flatMap(({ cacheBefore }) => third(cacheBefore))));
  const words = packState(positions);
  for (const column of positions.keys()) {
    words[stateLayout.headerSize + column * stateLayout.columnSize + stateLayout.sequence] = column;
  }
  const state = upload(gpu(), words);
  const layer = uploadUniform(gpu(), new Float32Array([input.scale, 0, 0, 0]));
  const out = filled(gpu(), positions.length * shape.outStride, 5);
  const partials = filled(gpu(), partialBytes(shape, positions.length, splits) / 4, 5);
  const kernel = attentionDecodeKernel(shape, splits, 16);
  const target = splits > 1 ? partials : out;
  const grid = [shape.heads, positions.length, splits] as const;
  await runKernel(gpu(), kernel, [upload(gpu(), qkv), kv, state, layer, target], grid);
  if (splits > 1) {
    const buffers = [partials, state, out];
    await runKernel(gpu(), attentionCombineKernel(shape, splits), buffers, [grid[0], grid[1], 1]);
  }
  const actual = unstrided(await readFloats(gpu(), out), positions.length, 18, shape.outStride);
  const expected = cases.flatMap((one, i) => [...attentionRow(one.input, positions[i] as number)]);
  expectClose(actual, expected, { absolute: 1e-5 });
});
