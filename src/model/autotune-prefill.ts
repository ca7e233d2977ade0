import { type Dispatch, dispatch, type Gpu, readBuffer, submit, usage } from '../gpu/index.ts';
import {
  type MatmulShape,
  type MatmulVariant,
  matmulGrid,
  matmulKernel,
  matrixBuffers,
  packChunk,
  vectorStride,
} from '../shaders/index.ts';
import type { TuneOptions } from './autotune.ts';
import type { GPT2 } from './gpt2.ts';
import { candidateMatmuls, chunkRows } from './prefill-sizes.ts';
import { agrees, timeSteps } from './tune-timing.ts';

/** What was measured of the product of a prompt's chunk, best first. */
export interface TunedMatmul {
  key: string;
  best: MatmulVariant;
  measured: { variant: MatmulVariant; microseconds: number }[];
}

/** What the best variant depends on; the autotuner remembers by it. */
export function matmulKey({ h, lm_head }: GPT2): string {
  const { dtype, rows, columns } = (h[0]?.mlp.c_fc ?? lm_head).matrix.format;
  return `chunk ${dtype} ${rows}x${columns}`;
}

/**
 * Chooses how a chunk's products are computed by timing the widest of a block, `c_fc`, over the weights of all layers,
 * after checking that each candidate gives what the default gives.
 */
export async function tuneMatmul(gpu: Gpu, model: GPT2, { budget }: TuneOptions): Promise<TunedMatmul> {
  const deadline = performance.now() + budget;
  const linears = model.h.length > 0 ? model.h.map((layer) => layer.mlp.c_fc) : [model.lm_head];
  const { format } = (linears[0] ?? model.lm_head).matrix;
  const rows = chunkRows(gpu.info, model.config);
  const [inputStride, stride] = [vectorStride(format.columns), vectorStride(format.rows)];
  const values = Float32Array.from({ length: rows * inputStride }, (_, i) => Math.sin(i + 1));
  const x = gpu.buffers.from('tune.x', values);
  const out = gpu.buffers.create('tune.out', rows * stride * 4);
  const params = gpu.buffers.create('tune.params', 16, usage.uniform);
  gpu.device.queue.writeBuffer(params, 0, packChunk({ count: rows, base: 0, sequence: 0 }));
  const shape: MatmulShape = {
    name: 'tune',
    matrix: format,
    inputStride,
    epilogue: { kind: 'store', stride },
  };
  const compiled = async (variant: MatmulVariant): Promise<Dispatch[]> => {
    const kernel = await gpu.kernels.compile(matmulKernel(shape, variant));
    const grid = matmulGrid(format, variant, rows);
    return linears.map(({ matrix, aux }) =>
      dispatch(gpu.device, kernel, [x, ...matrixBuffers(matrix), aux, params, out], grid),
    );
  };
  const output = async (steps: readonly Dispatch[]) => {
    submit(gpu.device, steps.slice(0, 1), 'tune');
    return new Float32Array(await readBuffer(gpu.device, gpu.buffers, out, out.size));
  };
  const [fallback, ...others] = candidateMatmuls(gpu.info) as [MatmulVariant, ...MatmulVariant[]];
  try {
    const first = await compiled(fallback);
    const expected = await output(first);
    const measured = [{ variant: fallback, microseconds: await timeSteps(gpu, first) }];
    for (const variant of others) {
      if (performance.now() > deadline) break;
      const steps = await compiled(variant).catch(() => undefined);
      if (!steps || !agrees(await output(steps), expected)) continue;
      measured.push({ variant, microseconds: await timeSteps(gpu, steps) });
    }
    measured.sort((left, right) => left.microseconds - right.microseconds);
    return { key: matmulKey(model), best: measured[0]?.variant ?? fallback, measured };
  } finally {
    for (const buffer of [x, out, params]) gpu.buffers.destroy(buffer);
  }
}
