import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { LoadOptions } from '../../src/engine/index.ts';
import { adoptDevice, type Gpu, type GpuWishes, guarded, openGpu } from '../../src/gpu/index.ts';

export {
  filled,
  readFloats,
  readWords,
  runKernel,
  upload,
  uploadUniform,
} from '../../src/device-test/support/gpu.ts';

/** A device of its own: the browser's, or Dawn's under Node. Fails, and never skips, without an adapter. */
export function testGpu(wishes?: GpuWishes): Promise<Gpu> {
  return openGpu(wishes);
}

let opened: Promise<Gpu> | undefined;

/**
 * The one device of all tests that neither lose theirs nor ask for another: a software adapter takes seconds to compile
 * the kernels of a model, and a device compiles each only once.
 */
export async function sharedDevice(): Promise<GPUDevice> {
  opened ??= testGpu();
  return (await opened).device;
}

/** Options of a load on the CPU, or on the shared device. */
export async function loadOn(backend: 'gpu' | 'cpu'): Promise<Pick<LoadOptions, 'backend' | 'device'>> {
  return backend === 'gpu' ? { backend, device: await sharedDevice() } : { backend };
}

/**
 * Replaces methods of a device or its queue, each by what `make` gives for the original. Returns what puts the originals
 * back.
 */
export function replaceMethods<T extends GPUDevice | GPUQueue>(
  target: T,
  replacements: { [K in keyof T]?: (original: T[K]) => T[K] },
): () => void {
  const names = Object.keys(replacements) as (keyof T)[];
  for (const name of names) {
    const original = (target[name] as unknown as (...args: unknown[]) => unknown).bind(target) as T[keyof T];
    const value = replacements[name]?.(original);
    Object.defineProperty(target, name, { configurable: true, writable: true, value });
  }
  return () => {
    for (const name of names) Reflect.deleteProperty(target, name);
  };
}

/**
 * Runs `work` inside error scopes and checks that it freed every buffer it made: on the shared device, or on one of its
 * own with these wishes.
 * @throws the first error of work, of validation or of memory.
 */
export async function withGpu<T>(work: (gpu: Gpu) => Promise<T>, wishes?: GpuWishes): Promise<T> {
  const gpu = wishes ? await testGpu(wishes) : adoptDevice(await sharedDevice());
  try {
    const result = await guarded(gpu.device, 'test', () => work(gpu));
    expect(gpu.buffers.bytes, 'bytes left on the GPU').toBe(0);
    return result;
  } finally {
    gpu.destroy();
  }
}

/**
 * The shared device for all tests of a file, or one of the file's own with these wishes; what a test creates is freed
 * after it.
 */
export function sharedGpu(wishes?: GpuWishes): () => Gpu {
  let gpu: Gpu | undefined;
  beforeAll(async () => {
    gpu = wishes ? await testGpu(wishes) : adoptDevice(await sharedDevice());
  });
  afterEach(() => gpu?.buffers.destroyAll());
  afterAll(() => gpu?.destroy());
  return () => {
    if (!gpu) throw new Error('The device is open inside tests only.');
    return gpu;
  };
}
