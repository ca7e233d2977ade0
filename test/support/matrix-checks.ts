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
