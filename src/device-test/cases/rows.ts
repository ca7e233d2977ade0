import type { Gpu } from '../../gpu/index.ts';
import {
  biasAndNormLayout,
  embedRowsGrid,
  embedRowsKernel,
  layernormRowsKernel,
  matrixBuffers,
  matrixFormat,
  packChunk,
  packSummary,
  summariseRowsKernel,
  summaryHead,
  summarySize,
  vectorStride,
  type WeightDtype,
} from '../../shaders/index.ts';
import { embed, entropyOf, layerNorm, likeliest, logSumExp, rankOf } from '../../shaders/reference/index.ts';
import { kernelCase, type Operation } from '../case.ts';
import { type Comparison, compareExactly, compareNumbers } from '../support/compare.ts';
import { filled, readFloats, readWords, runKernel, upload, uploadUniform } from '../support/gpu.ts';
import { testMatrix } from '../support/matrix.ts';
import { randomFloats, randomIds, strided } from '../support/numbers.ts';

async function checkEmbedding(gpu: Gpu, dtype: WeightDtype) {
  const columns = 37;
  const [V, P, base] = [50, 20, 4];
  const stride = vectorStride(columns);
  const { matrix, format, values } = testMatrix(gpu, { dtype, rows: V, columns, bindingLimit: 6000 });
  const wpe = randomFloats(5, P * columns);
  const ids = [0, V - 1, ...randomIds(6, 9, V)];
  const out = filled(gpu, ids.length * stride, 3);
  const shape = { embedding: format, stride, context: P };
  const buffers = [
    upload(gpu, new Uint32Array(ids)),
    ...matrixBuffers(matrix),
    upload(gpu, strided(wpe, P, columns, stride)),
    out,
    uploadUniform(gpu, packChunk({ count: ids.length, base, sequence: 0 })),
  ];
  await runKernel(gpu, embedRowsKernel(shape), buffers, embedRowsGrid(shape, ids.length));
  const expected = strided(embed(ids, base, values, wpe, columns), ids.length, columns, stride);
  return compareNumbers('x', await readFloats(gpu, out), expected, { absolute: 1e-6 });
}

async function checkNorm(gpu: Gpu, columns: number) {
  const T = 5;
  const stride = vectorStride(columns);
  const format = matrixFormat('f32', 7, columns, 2 ** 27);
  // A mean far from zero: the variance must not come from a difference of large numbers.
  const x = randomFloats(columns, T * columns, 0.5, 40);
  const gamma = randomFloats(8, columns);
  const layout = biasAndNormLayout(format, true);
  const biasAndNorm = new Float32Array(layout.floats);
  biasAndNorm.set(gamma, layout.gamma4 * 4);
  const out = filled(gpu, T * stride, 3);
  const buffers = [upload(gpu, strided(x, T, columns, stride, 1e30)), upload(gpu, biasAndNorm), out];
  await runKernel(gpu, layernormRowsKernel(format, 1e-5), buffers, [T, 1, 1]);
  const plain = layerNorm(x, gamma, new Float32Array(columns), 1e-5);
  const expected = strided(plain, T, columns, stride);
  return compareNumbers('rows', await readFloats(gpu, out), expected, { absolute: 2e-4, relative: 2e-4 });
}

interface Summary {
  target: number;
  normaliser: number;
  entropy: number;
  rank: number;
  ids: number[];
  logits: number[];
}

async function summarise(gpu: Gpu, rows: Float32Array[], targets: number[], top: number) {
  const V = (rows[0] as Float32Array).length;
  const stride = vectorStride(V);
  const all = Float32Array.from(rows.flatMap((row) => [...row]));
  const first = 1;
  const records = filled(gpu, (rows.length + first) * summarySize(top));
  const buffers = [
    upload(gpu, strided(all, rows.length, V, stride, 1e30)),
    upload(gpu, new Uint32Array([7, ...targets])),
    records,
    uploadUniform(gpu, packSummary(top, first)),
  ];
  await runKernel(gpu, summariseRowsKernel(V, stride), buffers, [rows.length, 1, 1]);
  const words = (await readWords(gpu, records)).slice(summarySize(top));
  const floats = new Float32Array(words.buffer);
  return rows.map((_, row): Summary => {
    const at = row * summarySize(top);
    const pairs = Array.from({ length: top }, (_, i) => at + summaryHead + 2 * i);
    return {
      target: floats[at] as number,
      normaliser: floats[at + 1] as number,
      entropy: floats[at + 2] as number,
      rank: words[at + 3] as number,
      ids: pairs.map((pair) => words[pair] as number),
      logits: pairs.map((pair) => floats[pair + 1] as number),
    };
  });
}

async function checkSummary(gpu: Gpu, V: number): Promise<Comparison[]> {
  const rows = [0, 1, 2].map((row) => randomFloats(20 + row, V, 4));
  const targets = [0, V - 1, 3];
  const summaries = await summarise(gpu, rows, targets, 5);
  return summaries.flatMap((summary, index) => {
    const row = rows[index] as Float32Array;
    const best = likeliest(row, 5);
    const normaliser = logSumExp(row);
    const target = (row[targets[index] as number] as number) - normaliser;
    const allowed = { absolute: 1e-4 };
    return [
      compareExactly(`likeliest ids of row ${index}`, summary.ids, best),
      compareExactly(
        `their logits in row ${index}`,
        summary.logits,
        best.map((id) => row[id] as number),
      ),
      compareExactly(`rank in row ${index}`, [summary.rank], [rankOf(row, targets[index] as number)]),
      compareNumbers(`entropy of row ${index}`, [summary.entropy], [entropyOf(row)], { absolute: 1e-3 }),
      compareNumbers(`normaliser of row ${index}`, [summary.normaliser], [normaliser], allowed),
      compareNumbers(`target of row ${index}`, [summary.target], [target], allowed),
    ];
  });
}

async function checkTies(gpu: Gpu) {
  const tied = Float32Array.from({ length: 300 }, (_, id) => ([5, 290, 131].includes(id) ? 2 : -1));
  const equal = new Float32Array(300).fill(-2000);
  const [first, second] = (await summarise(gpu, [tied, equal], [290, 299], 4)) as [Summary, Summary];
  return [
    compareExactly('tied ids', first.ids, [5, 131, 290, 0]),
    compareExactly('equal ids', second.ids, [0, 1, 2, 3]),
    compareExactly('ranks of tied ids', [first.rank, second.rank], [3, 300]),
    compareNumbers('entropy of equal ids', [second.entropy], [Math.log(300)], { absolute: 1e-3 }),
    compareNumbers('log-probability', [second.target], [-Math.log(300)], { absolute: 1e-3 }),
  ];
}

export const embedRowsOperation: Operation = {
  name: 'embedding of rows',
  cases: (['f32', 'f16', 'int8', 'int4'] as const).map((dtype) =>
    kernelCase(`wte in ${dtype}, odd widths`, (gpu) => checkEmbedding(gpu, dtype)),
  ),
};

export const layerNormOperation: Operation = {
  name: 'layer norm of rows',
  cases: [1, 3, 37, 64, 768, 1600].map((columns) =>
    kernelCase(`${columns} wide`, (gpu) => checkNorm(gpu, columns)),
  ),
};

export const summariseOperation: Operation = {
  name: 'summary of logits',
  cases: [
    ...[7, 513, 50257].map((V) => kernelCase(`${V} ids`, (gpu) => checkSummary(gpu, V))),
    kernelCase('the lowest id wins a tie, also when all logits are equal and very low', checkTies),
  ],
};
