import {
  type Bound,
  dispatch,
  type Gpu,
  guarded,
  type KernelSource,
  queueDone,
  readBuffer,
  submit,
  usage,
} from '../../gpu/index.ts';

/** Compiles a kernel, runs it once inside error scopes and waits for it. */
export async function runKernel(
  gpu: Gpu,
  source: KernelSource,
  buffers: readonly Bound[],
  grid: readonly [number, number, number],
): Promise<void> {
  const kernel = await gpu.kernels.compile(source);
  await guarded(gpu.device, source.name, async () => {
    submit(gpu.device, [dispatch(gpu.device, kernel, buffers, grid)], source.name);
    await queueDone(gpu.device);
  });
}

type Numbers = Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** A storage buffer holding `data`. */
export function upload(gpu: Gpu, data: Numbers, label = 'data'): GPUBuffer {
  return gpu.buffers.from(label, data);
}

/** A uniform buffer holding `data`. */
export function uploadUniform(gpu: Gpu, data: Numbers, label = 'params'): GPUBuffer {
  return gpu.buffers.from(label, data, usage.uniform);
}

/** A storage buffer of `count` floats, each `value`: garbage to be overwritten, or zeros. */
export function filled(gpu: Gpu, count: number, value = 0): GPUBuffer {
  return upload(gpu, new Float32Array(count).fill(value), 'filled');
}

export async function readFloats(gpu: Gpu, buffer: GPUBuffer, count?: number): Promise<Float32Array> {
  const bytes = count === undefined ? buffer.size : count * 4;
  return new Float32Array(await readBuffer(gpu.device, gpu.buffers, buffer, bytes));
}

export async function readWords(gpu: Gpu, buffer: GPUBuffer, count?: number): Promise<Uint32Array> {
  const bytes = count === undefined ? buffer.size : count * 4;
  return new Uint32Array(await readBuffer(gpu.device, gpu.buffers, buffer, bytes));
}
