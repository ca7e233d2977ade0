import { describe, expect, it, vi } from 'vitest';
import type { LoadOptions, Model } from '../engine/index.ts';
import { SharedModels } from './shared-models.ts';

function setup() {
  const loads: { resolve(): void; reject(error: Error): void; options: LoadOptions; dispose: () => void }[] =
    [];
  const models = new SharedModels((_source, options) => {
    return new Promise<Model>((resolve, reject) => {
      let gpuBytes = 100;
      const dispose = vi.fn(() => {
        gpuBytes = 0;
      });
      const model = { dispose, stats: () => ({ gpuBytes }) } as unknown as Model;
      loads.push({ resolve: () => resolve(model), reject, options, dispose });
    });
  });
  return { models, loads };
}

const ignore = () => {};

describe('models shared by elements', () => {
  it('loads once for two and frees it when the second lets go', async () => {
    const { models, loads } = setup();
    const a = models.take('m', {}, ignore);
    const b = models.take('m', {}, ignore);
    expect(loads).toHaveLength(1);
    loads[0]?.resolve();
    expect(await a.model).toBe(await b.model);
    expect(models.usage()).toEqual({ models: 1, gpuBytes: 100 });
    a.release();
    a.release();
    expect(loads[0]?.dispose).not.toHaveBeenCalled();
    b.release();
    expect(loads[0]?.dispose).toHaveBeenCalledTimes(1);
    expect(models.usage()).toEqual({ models: 0, gpuBytes: 0 });
  });

  it('aborts a load without waiters, and disposes a model that arrives anyway', async () => {
    const { models, loads } = setup();
    const share = models.take('m', {}, ignore);
    share.release();
    expect(loads[0]?.options.signal?.aborted).toBe(true);
    loads[0]?.resolve();
    await share.model;
    expect(loads[0]?.dispose).toHaveBeenCalledTimes(1);
  });

  it('tries again after a failure', async () => {
    const { models, loads } = setup();
    const share = models.take('m', {}, ignore);
    loads[0]?.reject(new Error('no network'));
    await expect(share.model).rejects.toThrow('no network');
    share.release();
    models.take('m', {}, ignore);
    expect(loads).toHaveLength(2);
  });

  it('keeps models apart by source and options', () => {
    const { models, loads } = setup();
    models.take('m', {}, ignore);
    models.take('m', { dtype: 'f16' }, ignore);
    models.take('n', {}, ignore);
    expect(loads).toHaveLength(3);
    expect(models.usage().models).toBe(3);
  });
});
