import { type Dispatch, dispatch, type Gpu, readBuffer, submit, usage } from '../../../gpu/index.ts';
import { defined } from '../../../lib/index.ts';
import {
  chunkBytes,
  type MatmulShape,
  type MatmulVariant,
  type MatrixFormat,
  matmulGrid,
  matmulKernel,
  matrixBuffers,
  packChunk,
  vectorStride,
} from '../../../shaders/index.ts';
import { type GpuModel, widestLinears } from '../gpu-model.ts';
import { candidateMatmuls, chunkRows, matmulKey } from '../prefill-tuning.ts';
import { benchmark, type Measured } from './benchmark.ts';
import type { TuneOptions } from './tune-matvec.ts';

/** Measurements of the product of a prompt's chunk, fastest first. */
export interface TunedMatmul {
  key: string;
  best: MatmulVariant;
  measured: Measured<MatmulVariant>[];
}

/**
 * Chooses how a chunk's products are computed by timing the widest of a block over the weights of all layers,
 * after checking that each candidate gives what the default gives.
 */
export async function tuneMatmul(gpu: Gpu, model: GpuModel, { budget }: TuneOptions): Promise<TunedMatmul> {
  const deadline = performance.now() + budget;
  const linears = widestLinears(model);
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
    const measured = await benchmark(gpu, {
      candidates: candidateMatmuls(gpu.info, format.dtype),
      steps,
      output,
      deadline,
    });
    return { key: matmulKey(model), best: measured[0].variant, measured };
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
