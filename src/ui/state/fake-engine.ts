import type { LoadOptions, MemoryPlan, Model, ModelSource } from '../../engine/index.ts';
import { isAbort, VitrineError } from '../../lib/index.ts';
import type { Backend } from './backend.ts';
import { adapter, config, type FakeWriting, fakeModel } from './fake-model.ts';

/** How the stand-in behaves; everything is off unless asked for. */
export interface FakeBehaviour extends FakeWriting {
  failLoad?: VitrineError;
  /** Loads on the GPU fail with this; those on the CPU do not. */
  failGpu?: VitrineError;
  /** Reading the headers of a model fails with this. */
  failPlan?: VitrineError;
  cached?: { id: string; revision: string; bytes: number; complete: boolean; files: [] }[];
}

async function fakeLoad(id: string, options: LoadOptions, behaviour: FakeBehaviour): Promise<Model> {
  const totalBytes = 11_800_000;
  for (let part = 0; part <= 4; part++) {
    options.onProgress?.({
      phase: 'weights',
      file: 'model.safetensors',
      loadedBytes: (totalBytes * part) / 4,
      totalBytes,
      bytesPerSecond: 4e6,
      secondsLeft: 4 - part,
      fromCache: false,
    });
    await new Promise((resolve) => setTimeout(resolve, behaviour.pace ?? 0));
    if (options.signal?.aborted) throw new VitrineError('aborted', 'The load was aborted.');
  }
  if (behaviour.failGpu && options.backend !== 'cpu') throw behaviour.failGpu;
  if (behaviour.failLoad && !isAbort(behaviour.failLoad)) throw behaviour.failLoad;
  return fakeModel(id, options.dtype ?? 'f16', behaviour);
}

function plan(source: ModelSource): MemoryPlan {
  return {
    id: String(source),
    revision: 'stand-in',
    config,
    parameters: 5_918_720,
    downloadBytes: 11_837_440,
    adapter,
    dtypes: (['f32', 'f16', 'int8', 'int4'] as const).map((dtype, i) => {
      const weightBytes = 23.6e6 / 2 ** i;
      return { dtype, weightBytes, kv: 'f32', kvBytes: 6.3e6, totalBytes: weightBytes + 6.3e6, fits: true };
    }),
    recommended: 'f32',
  };
}

/** A stand-in for the engine, for tests of the page's state: right in shape, senseless in content. */
export function fakeBackend(behaviour: FakeBehaviour = {}): Backend {
  return {
    engine: {
      loadModel: (source, options = {}) =>
        fakeLoad(typeof source === 'string' ? source : 'files', options, behaviour),
    },
    connect: async ({ baseUrl, model }) => {
      if (behaviour.failLoad) throw behaviour.failLoad;
      const local = fakeModel(model, 'f16', behaviour);
      const noOptions = ['topK', 'eos', 'overflow'];
      return Object.assign(local, {
        dtype: 'remote' as const,
        server: new URL(baseUrl).host,
        supports: (name: string) => !noOptions.includes(name),
      });
    },
    listCached: async () => behaviour.cached ?? [],
    deleteCached: async () => {},
    planMemory: async (source) => {
      if (behaviour.failPlan) throw behaviour.failPlan;
      return plan(source);
    },
    selfCheck: async () => ({
      passed: true,
      maxAbsError: 1.2e-5,
      tolerance: 1e-3,
      tokensMatched: 64,
      tokensTotal: 64,
      prompts: [],
      dtype: 'f32',
      adapter,
      milliseconds: 1,
    }),
    exportCached: async () => new Blob(['stand-in']),
    importCached: async () => ({
      id: 'imported/model',
      revision: 'main',
      bytes: 8,
      complete: true,
      files: [],
    }),
    storageReport: async () => ({ usage: 12e6, quota: 2e9, persisted: false, available: true }),
    requestPersistence: async () => true,
  };
}
