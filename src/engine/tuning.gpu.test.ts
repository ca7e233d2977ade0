import { beforeEach, describe, expect, it } from 'vitest';
import { withGpu } from '../../test/support/gpu.ts';
import type { Gpu } from '../gpu/index.ts';
import { defaultVariant } from '../runtime/index.ts';
import { disableWrongSubgroups } from './tuning.ts';

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

/** A device whose kernels are counted, and made wrong by `change`. */
function watched({ info: _, ...gpu }: Gpu, change = (wgsl: string) => wgsl) {
  const seen = { compiled: 0 };
  const compile: Gpu['kernels']['compile'] = (source) => {
    seen.compiled++;
    return gpu.kernels.compile({ ...source, wgsl: change(source.wgsl) });
  };
  return { seen, gpu: { ...gpu, kernels: { compile } as Gpu['kernels'] } };
}

const forget = () =>
  new Promise<void>((resolve) => {
    if (typeof indexedDB === 'undefined') return resolve();
    const request = indexedDB.open('vitrine-tuning');
    request.onsuccess = () => {
      const db = request.result;
      if (!db.objectStoreNames.contains('variants')) {
        db.close();
        indexedDB.deleteDatabase('vitrine-tuning').onsuccess = () => resolve();
        return;
      }
      const transaction = db.transaction('variants', 'readwrite');
      transaction.objectStore('variants').clear();
      transaction.oncomplete = () => {
        db.close();
        resolve();
      };
    };
  });

describe('subgroups', () => {
  beforeEach(forget);

  it('with correct results are used, and not checked again', async () => {
    await withGpu(async (whole) => {
      const { seen, gpu } = watched(whole);
      // As if it were no software adapter: those do without subgroups where they can.
      const given = { ...whole.info, software: false };
      const tries = given.subgroupMinSize >= 8 ? 2 : 0;
      for (const compiled of [tries, typeof indexedDB === 'undefined' ? 2 * tries : tries]) {
        const found = { ...given };
        await disableWrongSubgroups({ ...gpu, info: found });
        expect(found).toEqual(given);
        expect(seen.compiled).toBe(compiled);
      }
    });
  });

  it('with wrong results are not used, and are checked again next time', async () => {
    await withGpu(async (whole) => {
      const { seen, gpu } = watched(whole, (wgsl) =>
        wgsl.replace(/subgroupShuffleXor\((\w+), ?\w+\)/g, '$1'),
      );
      for (const compiled of [1, 2]) {
        const found = { ...whole.info, software: false, features: ['subgroups'], subgroupMinSize: 8 };
        expect(defaultVariant(found, shape).reduction).toBe('subgroup');
        await disableWrongSubgroups({ ...gpu, info: found });
        expect(found).toMatchObject({ features: [], subgroupMinSize: 0 });
        expect(defaultVariant(found, shape).reduction).toBe('shared');
        expect(seen.compiled).toBe(compiled);
      }
    });
  });
});
