import { type Dispatch, dispatch, type Gpu, readBuffer, submit, usage } from '../../../gpu/index.ts';
import { defined } from '../../../lib/index.ts';
import {
  chunkBytes,
  type MatmulShape,
  type MatmulVariant,
  type MatrixFormat,
  matmulGrid,
  matmulKernel,
  matmulName,
  matrixBuffers,
  packChunk,
  vectorStride,
} from '../../../shaders/index.ts';
import { type GpuModel, widestLinears } from '../gpu-model.ts';
import { candidateMatmuls, chunkRows, matmulKey } from '../prefill-tuning.ts';
import { benchmark, type Result } from './benchmark.ts';
import type { TuneOptions } from './tune-matvec.ts';

/** Measurements of the product of a prompt's chunk, fastest first. */
export interface TunedMatmul extends Result<MatmulVariant> {
  key: string;
}

/** Layers that are timed: a chunk reads weights once for many rows, so that caches hide little. */
const layers = 2;

/**
 * Chooses how a chunk's products are computed by timing the widest of a block over the weights of two
 * layers, after checking that each candidate gives what the default gives.
 */
export async function tuneMatmul(
  gpu: Gpu,
  model: GpuModel,
  { budget, known }: TuneOptions<MatmulVariant>,
): Promise<TunedMatmul> {
  const deadline = performance.now() + budget;
  const linears = widestLinears(model).slice(0, layers);
  const { format } = defined(linears[0], 'a product').matrix;
  const rows = chunkRows(gpu.info, model.config);
  const { shape, x, out, params } = testChunk(gpu, format, rows);
  const steps = async (variant: MatmulVariant): Promise<Dispatch[]> => {
    const kernel = await gpu.kernels.compile(matmulKernel(shape, variant));
    const grid = matmulGrid(format, variant, rows);
    return linears.map(({ matrix, biasAndNorm }) =>
      dispatch(gpu.device, kernel, [x, ...matrixBuffers(matrix), biasAndNorm, params, out], grid),
    );
  };
  const output = async (dispatches: readonly Dispatch[]) => {
    submit(gpu.device, dispatches.slice(0, 1), 'tune');
    return new Float32Array(await readBuffer(gpu.device, gpu.buffers, out, out.size));
  };
  try {
    const key = matmulKey(model);
    const result = await benchmark(gpu, {
      name: matmulName,
      known: known?.get(key),
      candidates: candidateMatmuls(gpu.info, format.dtype),
      steps,
      output,
      deadline,
    });
    return { key, ...result };
  } finally {
    for (const buffer of [x, out, params]) gpu.buffers.destroy(buffer);
  }
}

/** A chunk of synthetic rows and the output buffer of its product. */
function testChunk(gpu: Gpu, matrix: MatrixFormat, rows: number) {
  const [inputStride, stride] = [vectorStride(matrix.columns), vectorStride(matrix.rows)];
  const values = Float32Array.from({ length: rows * inputStride }, (_, i) => Math.sin(i + 1));
  const x = gpu.buffers.from('tune.x', values);
  const out = gpu.buffers.create('tune.out', rows * stride * 4);
  const params = gpu.buffers.create('tune.params', chunkBytes, usage.uniform);
  gpu.device.queue.writeBuffer(params, 0, packChunk({ count: rows, base: 0, sequence: 0 }));
  const shape: MatmulShape = { name: 'tune', matrix, inputStride, epilogue: { kind: 'store', stride } };
  return { shape, x, out, params };
}
