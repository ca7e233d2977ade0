import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCheckpoint } from '../../../test/support/checkpoint.ts';
import { cpuRuntime, largestDifference, loadCpuWeights } from '../../../test/support/cpu.ts';
import { expectSameAlone, productSizes } from '../../../test/support/matrix-checks.ts';
import { randomFloats } from '../../../test/support/numbers.ts';
import { createCpuRuntime } from './cpu-runtime.ts';
import { Int8Math } from './int8-math.ts';
import { groupColumns, type Int8Panels, int8Bytes } from './int8-matrix.ts';
import { f32Matrices, type Matrix, type MatrixMath, plainMath } from './packed-matrix.ts';

/** The weights that the panels stand for, [rows][columns]. */
function dequantised(math: MatrixMath<Int8Panels>, panels: Int8Panels): Float32Array {
  const { rows, columns } = panels;
  const W = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) math.addRow(panels, row, W, row * columns);
  return W;
}

const sizes = productSizes(70, 200, 900);

function fill(math: Int8Math, W: Float32Array, rows: number, columns: number, piece: number) {
  const byRows = math.create(rows, columns);
  const byColumns = math.create(rows, columns);
  const transposed = Float32Array.from(W, (_, i) => W[(i % rows) * columns + Math.floor(i / rows)] as number);
  for (let at = 0; at < W.length; at += piece) {
    math.placeRows(byRows, at, W.subarray(at, at + piece));
    math.placeColumns(byColumns, at, transposed.subarray(at, at + piece));
  }
  return { byRows, byColumns };
}

describe('weights in int8', () => {
  it('are within half a step of what they were, from either order of storing and any pieces', () => {
    fc.assert(
      fc.property(sizes, ({ rows, columns, piece }) => {
        const W = randomFloats(rows, rows * columns, 1);
        const math = Int8Math.create([
          [rows, columns],
          [rows, columns],
        ]);
        const { byRows, byColumns } = fill(math, W, rows, columns, piece);
        expect(byRows.weights).toEqual(byColumns.weights);
        expect([byRows.staged, byColumns.staged]).toEqual([undefined, undefined]);
        const back = dequantised(math, byRows);
        for (let row = 0; row < rows; row++)
          for (let first = 0; first < columns; first += groupColumns) {
            const [from, to] = [
              row * columns + first,
              row * columns + Math.min(first + groupColumns, columns),
            ];
            const largest = W.subarray(from, to).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
            expect(largestDifference(back.subarray(from, to), W.subarray(from, to))).toBeLessThanOrEqual(
              (largest / 127) * 0.5001,
            );
          }
      }),
      { numRuns: 40 },
    );
  });

  it('multiply as the weights they stand for do, by SIMD as in plain JavaScript to the bit', () => {
    fc.assert(
      fc.property(sizes, ({ rows, columns, count, gap, piece }) => {
        const W = randomFloats(rows, rows * columns, 1);
        const stride = columns + gap;
        const x = { values: randomFloats(columns, count * stride, 1), stride, count };
        const [y, plain] = [true, false].map((simd) => {
          const math = Int8Math.create(
            [
              [rows, columns],
              [rows, columns],
            ],
            simd,
          );
          const { byRows } = fill(math, W, rows, columns, piece);
          const output = new Float32Array(count * byRows.paddedRows);
          math.multiply(byRows, x, output);
          for (let t = 0; t < count; t++) {
            const back = dequantised(math, byRows);
            for (let row = 0; row < rows; row++) {
              let sum = 0;
              for (let k = 0; k < columns; k++)
                sum += (back[row * columns + k] as number) * (x.values[t * stride + k] as number);
              expect(Math.abs((output[t * byRows.paddedRows + row] as number) - sum)).toBeLessThan(2e-3);
            }
          }
          return output;
        }) as [Float32Array, Float32Array];
        expect(y).toEqual(plain);
      }),
      { numRuns: 40 },
    );
  });

  it('give a row the same result to the bit however many are computed with it', () => {
    const math = Int8Math.create([[45, 133]]);
    const panels = math.create(45, 133);
    math.placeRows(panels, 0, randomFloats(1, 45 * 133, 1));
    expectSameAlone(math, panels, randomFloats(2, 71 * 133, 1));
  });

  it('take little more than a byte each', () => {
    expect(int8Bytes(2304, 768) / (2304 * 768)).toBeLessThan(1.07);
  });
});

describe('a model in int8', () => {
  const checkpoint = readCheckpoint('test/golden/f32-prefixed');
  const { config } = checkpoint;
  const ids = Array.from({ length: 40 }, (_, t) => (t * 37 + 5) % config.vocabSize);

  it('computes what its dequantised weights do', async () => {
    const int8 = loadCpuWeights(checkpoint, 777, 'int8');
    const f32 = f32Matrices(plainMath);
    const matrices = new Map<string, Matrix>();
    for (const [name, matrix] of int8.matrices) {
      const same = f32.create(matrix.rows, matrix.columns);
      f32.placeRows(same, 0, dequantised(int8.math as MatrixMath<Int8Panels>, matrix as Int8Panels));
      matrices.set(name, same);
    }
    const options = { contextLength: config.nPositions };
    const own = createCpuRuntime(config, int8, options);
    const reference = createCpuRuntime(config, { ...int8, math: f32 as MatrixMath, matrices }, options);
    for (const runtime of [own, reference]) await runtime.prefill(0, 0, ids);
    const [logits, expected] = [await own.logits(0), await reference.logits(0)];
    expect(largestDifference(logits, expected)).toBeLessThan(2e-3);
  });

  it('gives the same tokens one by one as in a prompt', async () => {
    const whole = cpuRuntime(checkpoint, undefined, 'int8');
    await whole.prefill(0, 0, ids);
    const steps = cpuRuntime(checkpoint, undefined, 'int8');
    for (const [position, id] of ids.entries()) await steps.prefill(0, position, [id]);
    expect(await steps.logits(0)).toEqual(await whole.logits(0));
  });
});
