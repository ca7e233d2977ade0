import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCheckpoint } from '../../../test/support/checkpoint.ts';
import { cpuRuntime, largestDifference, loadCpuWeights } from '../../../test/support/cpu.ts';
import { expectSameAlone, productSizes } from '../../../test/support/matrix-checks.ts';
import { randomFloats } from '../../../test/support/numbers.ts';
import { int4Scale, quantiseInt4 } from '../../shaders/reference/index.ts';
import { createCpuRuntime } from './cpu-runtime.ts';
import { f32Matrices, type Matrix, type MatrixMath, plainMath } from './packed-matrix.ts';
import { QuantisedMath } from './quantised-math.ts';
import { type QuantisedPanels, quantisedBytes } from './quantised-matrix.ts';
import { int4, int8, type WeightForm } from './weight-form.ts';

/** The weights that the panels stand for, [rows][columns]. */
function dequantised(math: MatrixMath<QuantisedPanels>, panels: QuantisedPanels): Float32Array {
  const { rows, columns } = panels;
  const W = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) math.addRow(panels, row, W, row * columns);
  return W;
}

const sizes = productSizes(70, 200, 900);
const forms = [int8, int4];

function fill(math: QuantisedMath, W: Float32Array, rows: number, columns: number, piece: number) {
  const byRows = math.create(rows, columns);
  const byColumns = math.create(rows, columns);
  const transposed = Float32Array.from(W, (_, i) => W[(i % rows) * columns + Math.floor(i / rows)] as number);
  for (let at = 0; at < W.length; at += piece) {
    math.placeRows(byRows, at, W.subarray(at, at + piece));
    math.placeColumns(byColumns, at, transposed.subarray(at, at + piece));
  }
  return { byRows, byColumns };
}

/** What a group of weights may be off by, given what it became. */
function expectClose(form: WeightForm, values: Float32Array, became: Float32Array): void {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (form === int8) {
    expect(largestDifference(became, values)).toBeLessThanOrEqual((largest / 127) * 0.5001);
    return;
  }
  const scale = int4Scale(values);
  const expected = values.map((value) => quantiseInt4(value, scale) * scale);
  const error = (found: Float32Array) =>
    found.reduce((sum, value, k) => sum + (value - (values[k] as number)) ** 2, 0);
  expect(error(became)).toBeLessThanOrEqual(error(expected) * 1.0001);
}

describe.each(forms.map((form) => [form.name, form] as const))('weights in %s', (name, form) => {
  it('are as close to what they were as they can be, from either order of storing and any pieces', () => {
    fc.assert(
      fc.property(sizes, ({ rows, columns, piece }) => {
        const W = randomFloats(rows, rows * columns, 1);
        const math = QuantisedMath.create(name, [
          [rows, columns],
          [rows, columns],
        ]);
        const { byRows, byColumns } = fill(math, W, rows, columns, piece);
        expect(byRows.weights).toEqual(byColumns.weights);
        expect([byRows.staged, byColumns.staged]).toEqual([undefined, undefined]);
        const back = dequantised(math, byRows);
        for (let row = 0; row < rows; row++)
          for (let first = 0; first < columns; first += form.groupColumns) {
            const from = row * columns + first;
            const to = row * columns + Math.min(first + form.groupColumns, columns);
            expectClose(form, W.subarray(from, to), back.subarray(from, to));
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
        const bias = randomFloats(count, rows, 1);
        const [y, plain] = [true, false].map((simd) => {
          const math = QuantisedMath.create(
            name,
            [
              [rows, columns],
              [rows, columns],
            ],
            simd,
          );
          const { byRows } = fill(math, W, rows, columns, piece);
          const output = new Float32Array(count * byRows.paddedRows);
          math.multiply(byRows, x, output, bias);
          for (let t = 0; t < count; t++) {
            const back = dequantised(math, byRows);
            for (let row = 0; row < rows; row++) {
              let sum = bias[row] as number;
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
    const math = QuantisedMath.create(name, [[45, 133]]);
    const panels = math.create(45, 133);
    math.placeRows(panels, 0, randomFloats(1, 45 * 133, 1));
    expectSameAlone(math, panels, randomFloats(2, 71 * 133, 1));
  });

  it('of zeros, and products with rows of zeros, are zeros', () => {
    const math = QuantisedMath.create(name, [[9, 70]]);
    const panels = math.create(9, 70);
    math.placeRows(panels, 0, new Float32Array(9 * 70));
    const x = { values: randomFloats(1, 70, 1), stride: 70, count: 1 };
    const y = new Float32Array(16).fill(1);
    math.multiply(panels, x, y);
    expect(y).toEqual(new Float32Array(16));
    math.placeRows(panels, 0, randomFloats(2, 9 * 70, 1));
    math.multiply(panels, { ...x, values: new Float32Array(70) }, y);
    expect(y.every((value) => value === 0)).toBe(true);
  });

  it('take little more than their bits', () => {
    const perWeight = quantisedBytes(form, 2304, 768) / (2304 * 768);
    expect(perWeight).toBeLessThan(form === int8 ? 1.07 : 0.63);
  });
});

describe.each(['int8', 'int4'] as const)('a model in %s', (dtype) => {
  const checkpoint = readCheckpoint('test/golden/f32-prefixed');
  const { config } = checkpoint;
  const ids = Array.from({ length: 40 }, (_, t) => (t * 37 + 5) % config.vocabSize);

  it('computes what its dequantised weights do', async () => {
    const quantised = loadCpuWeights(checkpoint, 777, dtype);
    const f32 = f32Matrices(plainMath);
    const matrices = new Map<string, Matrix>();
    for (const [name, matrix] of quantised.matrices) {
      const same = f32.create(matrix.rows, matrix.columns);
      f32.placeRows(
        same,
        0,
        dequantised(quantised.math as MatrixMath<QuantisedPanels>, matrix as QuantisedPanels),
      );
      matrices.set(name, same);
    }
    const options = { contextLength: config.nPositions };
    const own = createCpuRuntime(config, quantised, options);
    const reference = createCpuRuntime(config, { ...quantised, math: f32 as MatrixMath, matrices }, options);
    for (const runtime of [own, reference]) await runtime.prefill(0, 0, ids);
    const [logits, expected] = [await own.logits(0), await reference.logits(0)];
    expect(largestDifference(logits, expected)).toBeLessThan(2e-3);
  });

  it('gives the same tokens one by one as in a prompt', async () => {
    const whole = cpuRuntime(checkpoint, undefined, dtype);
    await whole.prefill(0, 0, ids);
    const steps = cpuRuntime(checkpoint, undefined, dtype);
    for (const [position, id] of ids.entries()) await steps.prefill(0, position, [id]);
    expect(await steps.logits(0)).toEqual(await whole.logits(0));
  });
});
