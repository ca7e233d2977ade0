import fc from 'fast-check';
import { expect } from 'vitest';
import type { Matrix, MatrixMath } from '../../src/runtime/cpu/packed-matrix.ts';

/** Rows of x give the same products to the bit, one at a time and together. */
export function expectSameAlone<M extends Matrix>(
  math: Pick<MatrixMath<M>, 'multiply'>,
  matrix: M,
  values: Float32Array,
): void {
  const { columns: stride, paddedRows } = matrix;
  const count = values.length / stride;
  const together = new Float32Array(count * paddedRows);
  math.multiply(matrix, { values, stride, count }, together);
  for (let t = 0; t < count; t++) {
    const alone = new Float32Array(paddedRows);
    math.multiply(matrix, { values: values.subarray(t * stride), stride, count: 1 }, alone);
    expect(alone).toEqual(together.slice(t * paddedRows, (t + 1) * paddedRows));
  }
}

/** Sizes of a product: a matrix placed in pieces, and rows of x with gaps between them. */
export function productSizes(rows: number, columns: number, piece: number) {
  const upTo = (max: number) => fc.integer({ min: 1, max });
  return fc.record({
    ...{ rows: upTo(rows), columns: upTo(columns), piece: upTo(piece) },
    ...{ count: upTo(7), gap: fc.integer({ min: 0, max: 3 }) },
  });
}
