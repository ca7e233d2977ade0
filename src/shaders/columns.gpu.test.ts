import { describe, expect, test } from 'vitest';
import { filled, readFloats, runKernel, sharedGpu, upload, uploadUniform } from '../../test/support/gpu.ts';
import { headsCase } from '../../test/support/heads.ts';
import { testMatrix } from '../../test/support/matrix.ts';
import { expectClose, randomFloats, strided, unstrided } from '../../test/support/numbers.ts';
import { attentionDecodeKernel, attentionLanes } from './attention-decode.ts';
import { embedColumnsKernel, kvAppendColumnsGrid, kvAppendColumnsKernel } from './columns.ts';
import { vectorStride } from './matvec.ts';
import { attentionRow, embed } from './reference/index.ts';
import { stateBytes, stateLayout } from './state.ts';
import { matrixBuffers } from './weights.ts';

const gpu = sharedGpu();

/** The state of columns that all run: what stands where, in sequence 1. */
function packState(columns: readonly { position: number; token?: number }[]): Uint32Array<ArrayBuffer> {
  const { headerSize, columnSize, running, token, position, sequence } = stateLayout;
  const words = new Uint32Array(stateBytes(columns.length) / 4);
  words[running] = columns.length;
  for (const [column, each] of columns.entries()) {
    const at = headerSize + column * columnSize;
    words[at + token] = each.token ?? 0;
    words[at + position] = each.position;
    words[at + sequence] = 1;
  }
  return words;
}

describe('embedding of columns', () => {
  test.each(['f32', 'f16', 'int8', 'int4'] as const)(
    'wte in %s, each column its own place',
    async (dtype) => {
      const width = 37;
      const [V, P] = [50, 20];
      const stride = vectorStride(width);
      const { matrix, format, values } = testMatrix(gpu(), {
        dtype,
        rows: V,
        columns: width,
        bindingLimit: 6000,
      });
      const wpe = randomFloats(5, P * width);
      const columns = [
        { token: 7, position: 3 },
        { token: 0, position: 19 },
        { token: V - 1, position: 0 },
      ];
      const out = filled(gpu(), columns.length * stride, 3);
      const buffers = [
        upload(gpu(), packState(columns)),
        ...matrixBuffers(matrix),
        upload(gpu(), strided(wpe, P, width, stride)),
        out,
      ];
      const kernel = embedColumnsKernel({ embedding: format, stride, context: P });
      await runKernel(gpu(), kernel, buffers, [columns.length, 1, 1]);
      const rows = columns.flatMap(({ token, position }) => [
        ...embed([token], position, values, wpe, width),
      ]);
      const expected = strided(Float32Array.from(rows), columns.length, width, stride);
      expectClose(await readFloats(gpu(), out), expected, { absolute: 1e-6 });
    },
  );
});

describe.each(['f32', 'f16'] as const)('columns of one sequence, cache in %s', (kv) => {
  test.each([
    { heads: 5, headSize: 1, base: 0, count: 4 },
    { heads: 3, headSize: 6, base: 9, count: 8 },
    { heads: 2, headSize: 64, base: 70, count: 3 },
  ])('$heads heads of $headSize, $count after $base: each sees those before it', async (spec) => {
    const { base, count, heads, headSize } = spec;
    const { shape, input, qkvRows, cacheBefore, positionCache } = headsCase(
      { kv, heads, headSize, context: 90 },
      base,
      count,
    );
    const columns = Array.from({ length: count }, (_, at) => ({ position: base + at }));
    const qkv = upload(gpu(), qkvRows);
    const cache = upload(gpu(), cacheBefore);
    const state = upload(gpu(), packState(columns));
    const layer = uploadUniform(gpu(), new Float32Array([input.scale, 0, 0, 0]));
    const out = filled(gpu(), count * shape.outStride, 5);
    const grid = kvAppendColumnsGrid(shape, count);
    await runKernel(gpu(), kvAppendColumnsKernel(shape), [qkv, cache, state], grid);
    const attention = attentionDecodeKernel(shape, 1, attentionLanes(shape), false);
    await runKernel(gpu(), attention, [qkv, cache, state, layer, out], [heads, count, 1]);
    const actual = unstrided(await readFloats(gpu(), out), count, heads * headSize, shape.outStride);
    const expected = columns.flatMap(({ position }) => [...attentionRow(input, position)]);
    expectClose(actual, expected, { absolute: kv === 'f32' ? 1e-5 : 2e-3 });
    const after = positionCache(new Uint32Array((await readFloats(gpu(), cache)).buffer));
    expectClose(after.actual, after.expected, kv === 'f32' ? {} : { absolute: 2e-3 });
    expect(after.untouched).toBe(true);
  });
});
