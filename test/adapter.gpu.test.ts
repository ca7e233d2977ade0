import { expect, test } from 'vitest';
import { testGpu, withGpu } from './support/gpu.ts';

test('this lane has an adapter', async () => {
  const gpu = await testGpu();
  console.log(`adapter: ${gpu.info.vendor} ${gpu.info.architecture} ${gpu.info.description}`);
  console.log(`features: ${gpu.info.features.join(' ')}`);
  expect(gpu.info.limits.maxStorageBufferBindingSize).toBeGreaterThanOrEqual(2 ** 27);
  gpu.destroy();
});

test('a forgotten buffer is noticed', async () => {
  const forgetful = withGpu(async (gpu) => gpu.buffers.create('forgotten', 64));
  await expect(forgetful).rejects.toThrow('bytes left on the GPU');
});
