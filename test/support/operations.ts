import { describe, expect, test } from 'vitest';
import type { KernelCase, Operation } from '../../src/device-test/case.ts';
import type { Gpu, GpuWishes } from '../../src/gpu/index.ts';
import { sharedGpu } from './gpu.ts';

/**
 * Runs the cases of an operation, those of this device's variants in one test. Cases without their feature are skipped.
 * @param wishes opens a device of its own, for what is to run on less than this one has
 */
export function testOperation({ name, cases, deviceCases }: Operation, wishes?: GpuWishes): void {
  const gpu = sharedGpu(wishes);
  describe(name, () => {
    test.for(cases)('$name', async (each, { skip }) => {
      skip(each.needs !== undefined && !has(gpu(), each.needs), `needs ${each.needs}`);
      await expectPass(gpu(), each);
    });
    test.runIf(deviceCases)('variants this device could choose', async () => {
      for (const each of deviceCases?.(gpu().info) ?? []) {
        await expectPass(gpu(), each);
        gpu().buffers.destroyAll();
      }
    });
  });
}

function has(gpu: Gpu, feature: string): boolean {
  return gpu.info.features.includes(feature);
}

async function expectPass(gpu: Gpu, { name, run }: KernelCase): Promise<void> {
  const results = await run(gpu);
  expect(results.length, name).toBeGreaterThan(0);
  expect(results.filter(({ passed }) => !passed).map(({ detail }) => `${name}: ${detail}`)).toEqual([]);
}
