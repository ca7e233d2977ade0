import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { type Gpu, type GpuWishes, guarded, openGpu } from '../../src/gpu/index.ts';

export {
  filled,
  readFloats,
  readWords,
  runKernel,
  upload,
  uploadUniform,
} from '../../src/device-test/support/gpu.ts';

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
