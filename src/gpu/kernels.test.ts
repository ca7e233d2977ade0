import { describe, expect, it } from 'vitest';
import { KernelCache, type KernelSource } from './kernels.ts';

/** A device that begins compilations and ends them when told. */
function slowDevice() {
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const device = {
    createBindGroupLayout: () => ({}),
    createPipelineLayout: () => ({}),
    createShaderModule: () => ({}),
    createComputePipelineAsync: ({ label }: { label: string }) => {
      begun.push(label);
      return new Promise((resolve) => ends.push(() => resolve({})));
    },
  };
  return { device: device as unknown as GPUDevice, begun, ends };
}

const source = (name: string): KernelSource => ({ name, wgsl: name, bindings: ['read'] });
const names = Array.from({ length: 200 }, (_, i) => `kernel ${i}`);
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

describe('the cache of kernels', () => {
  it('limits concurrency and compiles each kernel once', async () => {
    const { device, begun, ends } = slowDevice();
    const cache = new KernelCache(device);
    const all = Promise.all([...names, ...names].map((name) => cache.compile(source(name))));
    await settled();
    expect(begun.length).toBeLessThan(names.length);
    while (ends.length > 0) {
      ends.shift()?.();
      await settled();
    }
    expect((await all).slice(0, 200).map(({ name }) => name)).toEqual(names);
    expect(begun).toEqual(names);
  });

  it('shares the kernels of a device, and compiles those that another cache gave up', async () => {
    const { device, begun, ends } = slowDevice();
    const [first, second] = [new KernelCache(device), new KernelCache(device)];
    const abandoned = Promise.allSettled(names.map((name) => first.compile(source(name))));
    const wanted = Promise.all(names.map((name) => second.compile(source(name))));
    await settled();
    first.close();
    while (ends.length > 0) {
      ends.shift()?.();
      await settled();
    }
    expect((await wanted).map(({ name }) => name)).toEqual(names);
    expect([...begun].sort()).toEqual([...names].sort());
    expect((await abandoned).some(({ status }) => status === 'rejected')).toBe(true);
  });

  it('starts no compilation after it is closed', async () => {
    const { device, begun, ends } = slowDevice();
    const cache = new KernelCache(device);
    const all = Promise.allSettled(names.map((name) => cache.compile(source(name))));
    await settled();
    const before = [...begun];
    cache.close();
    for (const end of ends) end();
    const results = await all;
    expect(begun).toEqual(before);
    const refused = results.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
    expect(refused).toHaveLength(names.length - before.length);
    expect(new Set(refused.map(({ reason }) => (reason as { code: string }).code))).toEqual(
      new Set(['disposed']),
    );
  });
});
