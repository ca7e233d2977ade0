import type { Gpu } from '../../gpu/index.ts';
import {
  attentionDecodeKernel,
  embedColumnsKernel,
  kvAppendColumnsGrid,
  kvAppendColumnsKernel,
  matrixBuffers,
  packLayer,
  stateBytes,
  stateLayout,
  vectorStride,
  type WeightDtype,
} from '../../shaders/index.ts';
import { attentionRow, embed } from '../../shaders/reference/index.ts';
import { kernelCase, type Operation, repeating } from '../case.ts';
import { checkThat, compareNumbers } from '../support/compare.ts';
import { filled, readFloats, runKernel, upload, uploadUniform } from '../support/gpu.ts';
import { type HeadsSpec, headsCase } from '../support/heads.ts';
import { testMatrix } from '../support/matrix.ts';
import { randomFloats, strided, unstrided } from '../support/numbers.ts';

/** The state of columns that all run in sequence 1. */
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

async function checkEmbedding(gpu: Gpu, dtype: WeightDtype) {
  const width = 37;
  const [V, P] = [50, 20];
  const stride = vectorStride(width);
  const { matrix, format, values } = testMatrix(gpu, { dtype, rows: V, columns: width, bindingLimit: 6000 });
  const wpe = randomFloats(5, P * width);
  const columns = [
    { token: 7, position: 3 },
    { token: 0, position: 19 },
    { token: V - 1, position: 0 },
  ];
  const out = filled(gpu, columns.length * stride, 3);
  const buffers = [
    upload(gpu, packState(columns)),
    ...matrixBuffers(matrix),
    upload(gpu, strided(wpe, P, width, stride)),
    out,
  ];
  const kernel = embedColumnsKernel({ embedding: format, stride, context: P });
  await runKernel(gpu, kernel, buffers, [columns.length, 1, 1]);
  const rows = columns.flatMap(({ token, position }) => [...embed([token], position, values, wpe, width)]);
  const expected = strided(Float32Array.from(rows), columns.length, width, stride);
  return compareNumbers('x', await readFloats(gpu, out), expected, { absolute: 1e-6 });
}

/** Columns of one sequence: each sees those before it. */
async function checkAttention(gpu: Gpu, spec: HeadsSpec, base: number, count: number) {
  const { shape, input, qkvRows, cacheBefore, positionCache } = headsCase(spec, base, count);
  const { heads, headSize, kv } = spec;
  const columns = Array.from({ length: count }, (_, at) => ({ position: base + at }));
  const qkv = upload(gpu, qkvRows);
  const cache = upload(gpu, cacheBefore);
  const state = upload(gpu, packState(columns));
  const layer = uploadUniform(gpu, packLayer({ scale: input.scale }));
  const out = filled(gpu, count * shape.outStride, 5);
  const grid = kvAppendColumnsGrid(shape, count);
  await runKernel(gpu, kvAppendColumnsKernel(shape), [qkv, cache, state], grid);
  const attention = attentionDecodeKernel(shape, 1, { workgroup: 32, tile: 40 }, false);
  await runKernel(gpu, attention, [qkv, cache, state, layer, out], [heads, count, 1]);
  const actual = unstrided(await readFloats(gpu, out), count, heads * headSize, shape.outStride);
  const expected = columns.flatMap(({ position }) => [...attentionRow(input, position)]);
  const after = positionCache(new Uint32Array((await readFloats(gpu, cache)).buffer));
  return [
    compareNumbers('output', actual, expected, { absolute: kv === 'f32' ? 1e-5 : 2e-3 }),
    compareNumbers('cache', after.actual, after.expected, kv === 'f32' ? {} : { absolute: 2e-3 }),
    checkThat('the rest of the cache is untouched', after.untouched),
  ];
}

const shapes = [
  { heads: 5, headSize: 1, base: 0, count: 4 },
  { heads: 3, headSize: 6, base: 9, count: 8 },
  { heads: 2, headSize: 64, base: 70, count: 3 },
];

export const columnsOperation: Operation = {
  name: 'several columns',
  cases: [
    ...(['f32', 'f16', 'int8', 'int4'] as const).map((dtype) =>
      kernelCase(`embedding in ${dtype}, each column its own position`, (gpu) => checkEmbedding(gpu, dtype)),
    ),
    ...(['f32', 'f16'] as const).flatMap((kv) =>
      shapes.map(({ heads, headSize, base, count }) => {
        const spec: HeadsSpec = { kv, heads, headSize, context: 90 };
        const name = `${kv} cache, ${heads} heads of ${headSize}, ${count} columns after ${base}`;
        const one = kernelCase(name, (gpu) => checkAttention(gpu, spec, base, count));
        return repeating(one, headSize !== 6);
      }),
    ),
  ],
};
