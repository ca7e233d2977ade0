import { expect, it } from 'vitest';
import { withGpu } from '../../test/support/gpu.ts';
import type { Gpu } from '../gpu/index.ts';
import { distrustWrongSubgroups } from './trust.ts';
import { defaultVariant } from './variants.ts';

const shape = {
  name: 'x',
  columns: 1,
  normEpsilon: undefined,
  inputStride: 64,
  epilogue: { kind: 'store', stride: 64 } as const,
  matrix: {
    ...{ dtype: 'f32' as const, rows: 64, columns: 64, paddedColumns: 64 },
    ...{ rowBlocks: 16, bands: 1, bandRows: 64 },
  },
};

it('subgroups that add up right are trusted', async () => {
  await withGpu(async ({ info, ...gpu }) => {
    // As if it were no software adapter: those do without subgroups where they can.
    const given = { ...info, software: false };
    const found = { ...given };
    await distrustWrongSubgroups({ ...gpu, info: found });
    expect(found).toEqual(given);
  });
});

it('subgroups that come out wrong are not used', async () => {
  await withGpu(async ({ info, ...gpu }) => {
    const compile: Gpu['kernels']['compile'] = (source) =>
      gpu.kernels.compile({
        ...source,
        wgsl: source.wgsl.replaceAll('subgroupShuffleXor(sum, step)', 'sum'),
      });
    const kernels = { compile } as Gpu['kernels'];
    const found = { ...info, software: false, features: ['subgroups'], subgroupMinSize: 8 };
    expect(defaultVariant(found, shape).reduction).toBe('subgroup');
    await distrustWrongSubgroups({ ...gpu, kernels, info: found });
    expect(found).toMatchObject({ features: [], subgroupMinSize: 0 });
    expect(defaultVariant(found, shape).reduction).toBe('shared');
  });
});
