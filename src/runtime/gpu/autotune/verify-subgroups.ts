import { dispatch, type Gpu, type KernelSource, readBuffer, submit, usage } from '../../../gpu/index.ts';
import {
  biasAndNormLayout,
  type MatrixFormat,
  matmulGrid,
  matmulKernel,
  matrixFormat,
  matvecGrid,
  matvecKernel,
  packChunk,
  stateBytes,
  vectorStride,
} from '../../../shaders/index.ts';
import { candidateMatmuls } from '../prefill-tuning.ts';
import { defaultVariant } from './matvec-candidates.ts';

/** Shape of the test product: small, with rows and columns for every lane. */
const [rows, columns, count] = [72, 256, 9];

/** Whole numbers, so that sums are exact in any order. */
const weight = (row: number, k: number) => ((row * 7 + k * 3) % 11) - 5;
const input = (t: number, k: number) => ((t * 3 + k * 5) % 13) - 6;
const product = (t: number, row: number) => {
  let sum = 0;
  for (let k = 0; k < columns; k++) sum += weight(row, k) * input(t, k);
  return sum;
};

/** True if both kinds of subgroup product that this device would use compute a known result exactly. */
export async function subgroupsMatchExpected(gpu: Gpu): Promise<boolean> {
  const matrix = matrixFormat('f32', rows, columns, gpu.device.limits.maxStorageBufferBindingSize);
  const shape = {
    ...{ name: 'verify', matrix, inputStride: vectorStride(columns) },
    epilogue: { kind: 'store', stride: vectorStride(rows) } as const,
  };
  const one = { ...shape, columns: 1, normEpsilon: undefined };
  const variant = defaultVariant(gpu.info, one);
  const single = variant.reduction === 'subgroup';
  const chunk = candidateMatmuls(gpu.info, 'f32').find(({ kind }) => kind === 'broadcast');
  const vector = () =>
    matchesExpected(gpu, matrix, matvecKernel(one, variant), matvecGrid(matrix, variant), 1);
  if (single && !(await vector())) return false;
  return (
    !chunk ||
    matchesExpected(gpu, matrix, matmulKernel(shape, chunk), matmulGrid(matrix, chunk, count), count)
  );
}

/** True if a kernel computes the product of each of `inputs` rows of x exactly. */
async function matchesExpected(
  gpu: Gpu,
  matrix: MatrixFormat,
  source: KernelSource,
  grid: readonly [number, number, number],
  inputs: number,
): Promise<boolean> {
  const { device, buffers } = gpu;
  const kernel = await gpu.kernels.compile(source);
  const [xStride, yStride] = [vectorStride(columns), vectorStride(rows)];
  const x = new Float32Array(inputs * xStride);
  for (let t = 0; t < inputs; t++) for (let k = 0; k < columns; k++) x[t * xStride + k] = input(t, k);
  const W = new Float32Array(rows * matrix.paddedColumns);
  for (let row = 0; row < rows; row++)
    for (let k = 0; k < columns; k++) W[row * matrix.paddedColumns + k] = weight(row, k);
  // A step has its state, a chunk its place.
  const about =
    inputs === 1
      ? buffers.from('verify.state', new Uint32Array(stateBytes(1) / 4).fill(1, 0, 1))
      : buffers.from('verify.chunk', packChunk({ count: inputs, base: 0, sequence: 0 }), usage.uniform);
  const out = buffers.create('verify.out', inputs * yStride * 4);
  const biasAndNorm = buffers.create('verify.biasAndNorm', biasAndNormLayout(matrix, false).floats * 4);
  const bound = [buffers.from('verify.x', x), buffers.from('verify.w', W), biasAndNorm, about, out];
  try {
    submit(device, [dispatch(device, kernel, bound, grid)], 'verify');
    const y = new Float32Array(await readBuffer(device, buffers, out));
    for (let t = 0; t < inputs; t++)
      for (let row = 0; row < rows; row++) if (y[t * yStride + row] !== product(t, row)) return false;
    return true;
  } finally {
    for (const buffer of bound) buffers.destroy(buffer);
  }
}
