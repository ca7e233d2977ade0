import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LoadOptions, loadHere } from '../src/engine/index.ts';
import { replaceMethods, sharedDevice } from './support/gpu.ts';
import { modelFiles } from './support/model-files.ts';

const names = ['config.json', 'vocab.json', 'merges.txt', 'model.safetensors'];
let device: GPUDevice;
/** Buffers that are there. */
const live = new Set<GPUBuffer>();
/** Labels of buffers there is no room for: as the device reports it to an error scope, or to nobody. */
let full: RegExp | undefined;
let unheard: RegExp | undefined;

function watchBuffer(buffer: GPUBuffer): GPUBuffer {
  live.add(buffer);
  const destroy = buffer.destroy.bind(buffer);
  buffer.destroy = () => {
    live.delete(buffer);
    return destroy();
  };
  return buffer;
}

/** Makes a device say that it has no room, without filling its memory, until the returned function is called. */
function watch(): () => void {
  const scopes: { filter: GPUErrorFilter; failed: boolean }[] = [];
  return replaceMethods(device, {
    pushErrorScope: (push) => (filter) => {
      scopes.push({ filter, failed: false });
      return push(filter);
    },
    popErrorScope: (pop) => () => {
      const scope = scopes.pop();
      return pop().then((error) => (scope?.failed ? ({ message: 'no room' } as GPUError) : error));
    },
    createBuffer: (create) => (descriptor) => {
      const label = descriptor.label ?? '';
      const scope = scopes.findLast(({ filter }) => filter === 'out-of-memory');
      if (full?.test(label) && scope) scope.failed = true;
      if (unheard?.test(label)) {
        const error = new GPUOutOfMemoryError('no room');
        device.dispatchEvent(Object.assign(new Event('uncapturederror'), { error }));
      }
      return watchBuffer(create(descriptor));
    },
  });
}

async function load(options: LoadOptions) {
  const source = await modelFiles('test/golden/bf16', names);
  return (await loadHere(source, { device, cache: false, ...options })).model;
}

describe('out of memory', () => {
  let unwatch = () => {};
  beforeAll(async () => {
    device = await sharedDevice();
    unwatch = watch();
  });
  afterAll(() => unwatch());
  beforeEach(() => {
    full = undefined;
    unheard = undefined;
  });

  it.each([
    ['f32', 'f16'],
    ['f16', 'int8'],
    ['int8', 'int4'],
  ] as const)('while loading %s proposes %s, and leaves no buffer behind', async (dtype, smaller) => {
    full = /^h\.1\.mlp/;
    await expect(load({ dtype })).rejects.toMatchObject({
      code: 'out-of-memory',
      dtype: smaller,
      message: expect.stringContaining(`'${smaller}'`),
    });
    expect(live.size).toBe(0);
  });

  it('with nothing smaller left proposes another model', async () => {
    full = /^h\.1\.mlp/;
    const refused = await load({ dtype: 'int4' }).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: 'out-of-memory',
      message: expect.stringContaining('smaller model'),
    });
    expect(refused).not.toHaveProperty('dtype');
    expect(live.size).toBe(0);
  });

  it('where nobody guards is found before the model is trusted', async () => {
    unheard = /^decode1/;
    await expect(load({ dtype: 'f32' })).rejects.toMatchObject({ code: 'out-of-memory', dtype: 'f16' });
    expect(live.size).toBe(0);
  });

  it('for several sequences, or for a run of its own, leaves the model as it was', async () => {
    const model = await load({ dtype: 'int8' });
    const write = async (n: number) => {
      const ids: number[] = [];
      const options = { n, temperature: 0, eos: false, maxNewTokens: 4 };
      for await (const { id, sequence } of model.generate([5, 6, 7], options))
        if (sequence === 0) ids.push(id);
      return ids;
    };
    const expected = await write(1);
    const { gpuBytes } = model.stats();
    full = /^h\.1\.kv/;
    await expect(write(3)).rejects.toMatchObject({
      code: 'out-of-memory',
      message: expect.stringContaining('3 sequences'),
    });
    expect(model.stats().gpuBytes).toBe(gpuBytes);
    expect(await write(1)).toEqual(expected);
    full = undefined;
    // What short prompts do not need is compiled a little after loading.
    await model.score([5, 6, 7, 8]);
    const settled = model.stats().gpuBytes;
    const capture = ['blocks.0.hook_resid_post'];
    full = /^run/;
    await expect(model.run([5, 6, 7], { capture })).rejects.toMatchObject({ code: 'out-of-memory' });
    expect(model.stats().gpuBytes).toBe(settled);
    full = undefined;
    expect((await model.run([5, 6, 7], { capture })).captured[capture[0] as string]?.shape[0]).toBe(3);
    expect(model.stats().gpuBytes).toBe(settled);
    expect(await write(3)).toEqual(expected);
    model.dispose();
    expect(live.size).toBe(0);
  });
});
