import type { Gpu } from '../../gpu/index.ts';
import { type Matrix, type MatrixFormat, matrixFormat, type WeightDtype } from '../../shaders/index.ts';
import { packMatrix, unpackMatrix } from '../../shaders/reference/index.ts';
import { randomFloats } from './numbers.ts';

export interface TestMatrix {
  matrix: Matrix;
  format: MatrixFormat;
  /** What the kernels take the matrix to hold, [rows][columns]. */
  values: Float32Array;
}

export interface MatrixSpec {
  dtype: WeightDtype;
  rows: number;
  columns: number;
  /** Bytes a binding may have; small ones cut the matrix into bands. */
  bindingLimit?: number;
  seed?: number;
  /** The numbers to be held; random ones by default. */
  weights?: Float32Array;
}

/** Rows [rows][columns] on the GPU in the layout of a dtype, and their values after rounding to it. */
export function testMatrix(gpu: Gpu, spec: MatrixSpec): TestMatrix {
  const { dtype, rows, columns, bindingLimit = 2 ** 27, seed = 1 } = spec;
  const format = matrixFormat(dtype, rows, columns, bindingLimit);
  const weights = spec.weights ?? randomFloats(seed, rows * columns, 1 / Math.sqrt(columns));
  const packed = packMatrix(weights, format);
  const bands = packed.bands.map((words, band) => gpu.buffers.from(`w${band}`, words));
  const scales = packed.scales && gpu.buffers.from('scales', packed.scales);
  return { matrix: { format, bands, scales }, format, values: unpackMatrix(packed, format) };
}
