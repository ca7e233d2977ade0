import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import {
  type Bound,
  dispatch,
  type Gpu,
  type GpuWishes,
  guarded,
  type KernelSource,
  openGpu,
  queueDone,
  readBuffer,
  submit,
} from '../../src/gpu/index.ts';

/** Opens this lane's device: the browser's, or Dawn's under Node. Fails, and never skips, without an adapter. */
export function testGpu(wishes?: GpuWishes): Promise<Gpu> {
  return openGpu(wishes);
}

/**
 * Runs `work` on a device of its own inside error scopes, and checks that it freed every buffer it made.
 * @throws the first error of work, of validation or of memory.
 */
export async function withGpu<T>(work: (gpu: Gpu) => Promise<T>, wishes?: GpuWishes): Promise<T> {
  const gpu = await testGpu(wishes);
  try {
    const result = await guarded(gpu.device, 'test', () => work(gpu));
    expect(gpu.buffers.bytes, 'bytes left on the GPU').toBe(0);
    return result;
  } finally {
    gpu.destroy();
  }
}

/** One device for all tests of a file; what a test creates is freed after it. */
export function sharedGpu(wishes?: GpuWishes): () => Gpu {
  let gpu: Gpu | undefined;
  beforeAll(async () => {
    gpu = await testGpu(wishes);
  });
  afterEach(() => gpu?.buffers.destroyAll());
  afterAll(() => gpu?.destroy());
  return () => {
    if (!gpu) throw new Error('The device is open inside tests only.');
    return gpu;
  };
}

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
  return gpu.buffers.from(label, data, 0x40 | 0x8);
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
