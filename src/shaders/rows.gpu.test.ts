import { describe, expect, test } from 'vitest';
import {
  filled,
  readFloats,
  readWords,
  runKernel,
  sharedGpu,
  upload,
  uploadUniform,
} from '../../test/support/gpu.ts';
import { testMatrix } from '../../test/support/matrix.ts';
import { expectClose, randomFloats, randomIds, strided } from '../../test/support/numbers.ts';
import { packChunk } from './chunk.ts';
import { embedRowsGrid, embedRowsKernel } from './embed-rows.ts';
import { layernormRowsKernel } from './layernorm-rows.ts';
import { auxLayout, vectorStride } from './matvec.ts';
import { embed, layerNorm, likeliest, logSumExp } from './reference/index.ts';
import { packSummary, summariseRowsKernel, summarySize } from './summarise-rows.ts';
import { matrixBuffers, matrixFormat } from './weights.ts';

const gpu = sharedGpu();

describe('embedding of rows', () => {
  test.each(['f32', 'f16', 'int8', 'int4'] as const)('wte in %s, odd widths', async (dtype) => {
    const columns = 37;
    const [V, P, base] = [50, 20, 4];
    const stride = vectorStride(columns);
    const { matrix, format, values } = testMatrix(gpu(), { dtype, rows: V, columns, bindingLimit: 6000 });
    const wpe = randomFloats(5, P * columns);
    const ids = [0, V - 1, ...randomIds(6, 9, V)];
    const out = filled(gpu(), ids.length * stride, 3);
    const shape = { embedding: format, stride, context: P };
    const buffers = [
      upload(gpu(), new Uint32Array(ids)),
      ...matrixBuffers(matrix),
      upload(gpu(), strided(wpe, P, columns, stride)),
      out,
      uploadUniform(gpu(), packChunk({ count: ids.length, base, sequence: 0 })),
    ];
    await runKernel(gpu(), embedRowsKernel(shape), buffers, embedRowsGrid(shape, ids.length));
    const expected = strided(embed(ids, base, values, wpe, columns), ids.length, columns, stride);
    expectClose(await readFloats(gpu(), out), expected, { absolute: 1e-6 });
  });
});

describe('layer norm of rows', () => {
  test.each([1, 3, 37, 64, 768, 1600])('%i wide', async (columns) => {
    const T = 5;
    const stride = vectorStride(columns);
    const format = matrixFormat('f32', 7, columns, 2 ** 27);
    // A mean far from zero: the variance must not come from a difference of large numbers.
    const x = randomFloats(columns, T * columns, 0.5, 40);
    const gamma = randomFloats(8, columns);
    const layout = auxLayout(format, true);
    const aux = new Float32Array(layout.floats);
    aux.set(gamma, layout.gamma4 * 4);
    const out = filled(gpu(), T * stride, 3);
    const buffers = [upload(gpu(), strided(x, T, columns, stride, 1e30)), upload(gpu(), aux), out];
    await runKernel(gpu(), layernormRowsKernel(format, 1e-5), buffers, [T, 1, 1]);
    const plain = layerNorm(x, gamma, new Float32Array(columns), 1e-5);
    const expected = strided(plain, T, columns, stride);
    expectClose(await readFloats(gpu(), out), expected, { absolute: 2e-4, relative: 2e-4 });
  });
});

describe('summary of logits', () => {
  async function summarise(rows: Float32Array[], targets: number[], top: number) {
    const V = (rows[0] as Float32Array).length;
    const stride = vectorStride(V);
    const all = Float32Array.from(rows.flatMap((row) => [...row]));
    const first = 1;
    const records = filled(gpu(), (rows.length + first) * summarySize(top));
    const buffers = [
      upload(gpu(), strided(all, rows.length, V, stride, 1e30)),
      upload(gpu(), new Uint32Array([7, ...targets])),
      records,
      uploadUniform(gpu(), packSummary(top, first)),
    ];
    await runKernel(gpu(), summariseRowsKernel(V, stride), buffers, [rows.length, 1, 1]);
    const words = (await readWords(gpu(), records)).slice(summarySize(top));
    const floats = new Float32Array(words.buffer);
    return rows.map((_, row) => {
      const at = row * summarySize(top);
      const pairs = Array.from({ length: top }, (_, i) => at + 2 + 2 * i);
      return {
        target: floats[at] as number,
        normaliser: floats[at + 1] as number,
        ids: pairs.map((pair) => words[pair]),
        logits: pairs.map((pair) => floats[pair + 1]),
      };
    });
  }

  test.each([7, 513, 50257])('%i ids', async (V) => {
    const rows = [0, 1, 2].map((row) => randomFloats(20 + row, V, 4));
    const targets = [0, V - 1, 3];
    const top = 5;
    const summaries = await summarise(rows, targets, top);
    for (const [index, summary] of summaries.entries()) {
      const row = rows[index] as Float32Array;
      const normaliser = logSumExp(row);
      expect(summary.ids).toEqual(likeliest(row, top));
      expect(summary.logits).toEqual(likeliest(row, top).map((id) => row[id]));
      expectClose([summary.normaliser], [normaliser], { absolute: 1e-4 });
      const target = (row[targets[index] as number] as number) - normaliser;
      expectClose([summary.target], [target], { absolute: 1e-4 });
    }
  });

  test('the lowest id wins a tie, also when all logits are equal and very low', async () => {
    const tied = Float32Array.from({ length: 300 }, (_, id) =>
      id === 5 || id === 290 || id === 131 ? 2 : -1,
    );
    const equal = new Float32Array(300).fill(-2000);
    const [first, second] = await summarise([tied, equal], [5, 0], 4);
    expect(first?.ids).toEqual([5, 131, 290, 0]);
    expect(second?.ids).toEqual([0, 1, 2, 3]);
    expectClose([second?.target as number], [-Math.log(300)], { absolute: 1e-3 });
  });
});
