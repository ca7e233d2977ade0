import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type GeneratedToken,
  type GenerateOptions,
  type LoadedModel,
  loadHere,
} from '../src/engine/index.ts';
import { paddedModelFiles } from './support/padded-model.ts';

/** Devices opened since the spy began, last one last. */
const devices: GPUDevice[] = [];
let restore = () => {};

/** Sees every device the engine opens, so that a test can destroy it from outside. */
function spyOnDevices(): void {
  const { gpu } = navigator;
  const request = gpu.requestAdapter.bind(gpu);
  const seen = async (options?: GPURequestAdapterOptions) => {
    const adapter = await request(options);
    if (!adapter) return adapter;
    const open = adapter.requestDevice.bind(adapter);
    adapter.requestDevice = async (descriptor) => {
      const device = await open(descriptor);
      devices.push(device);
      return device;
    };
    return adapter;
  };
  Object.defineProperty(gpu, 'requestAdapter', { value: seen, configurable: true, writable: true });
  restore = () => {
    Reflect.deleteProperty(gpu, 'requestAdapter');
    devices.length = 0;
  };
}

/** Generates, destroying the device each time one of these many tokens has come. */
async function disturbed(model: LoadedModel, options: GenerateOptions, at: readonly number[]) {
  const tokens: GeneratedToken[] = [];
  for await (const token of model.generate('abcabcabc', options)) {
    tokens.push(token);
    if (at.includes(tokens.length)) devices.at(-1)?.destroy();
  }
  return tokens;
}

const facts = (tokens: readonly GeneratedToken[]) =>
  tokens.map(({ id, text, index, sequence, finishReason }) => ({ id, text, index, sequence, finishReason }));

const greedy = { temperature: 0, maxNewTokens: 12, eos: false };
const penalised = { temperature: 1, topK: 40, repetitionPenalty: 1.3, noRepeatNgramSize: 3, seed: 11 };

describe('a device lost', () => {
  let model: LoadedModel;
  let whole: GeneratedToken[];

  beforeAll(async () => {
    spyOnDevices();
    // A small model: each loss is another device, which compiles its kernels once more.
    const options = { dtype: 'f32', backend: 'gpu', cache: false } as const;
    ({ model } = await loadHere(paddedModelFiles(), options));
    whole = await disturbed(model, greedy, []);
  });
  afterAll(() => {
    model.dispose();
    restore();
  });

  it('while some of several penalised sequences are over leaves each as it would have been', async () => {
    const options = { ...penalised, maxNewTokens: 20, n: 3, stop: ['e', 'k'] };
    const expected = await disturbed(model, options, []);
    const ends = expected.flatMap(({ finishReason }, at) => (finishReason === 'stop' ? [at + 1] : []));
    expect(ends.length).toBeGreaterThan(1);
    const after = (ends[0] as number) + 1;
    const before = devices.length;
    expect(facts(await disturbed(model, options, [after]))).toEqual(facts(expected));
    expect(devices.length - before).toBe(1);
  });

  it('twice in one call stops it with the reason, and the next call works', async () => {
    const before = devices.length;
    // Long enough that steps are left to calculate when the device is lost again.
    await expect(disturbed(model, { ...greedy, maxNewTokens: 50 }, [3, 8])).rejects.toMatchObject({
      code: 'device-lost',
    });
    expect(facts(await disturbed(model, greedy, []))).toEqual(facts(whole));
    expect(devices.length - before).toBe(2);
  });

  it('between calls is loaded again by the next', async () => {
    const before = devices.length;
    const ids = model.encode('theking');
    const logits = await model.logits(ids);
    devices.at(-1)?.destroy();
    expect(await model.logits(ids)).toEqual(logits);
    expect(devices.length - before).toBe(1);
  });

  it('by dispose is no loss: nothing is loaded again', async () => {
    const before = devices.length;
    const tokens: GeneratedToken[] = [];
    const running = async () => {
      for await (const token of model.generate('once', { ...greedy, maxNewTokens: 50 })) {
        tokens.push(token);
        if (tokens.length === 5) model.dispose();
      }
    };
    await expect(running()).rejects.toMatchObject({ code: 'disposed' });
    expect(devices.length).toBe(before);
    expect(model.stats().gpuBytes).toBe(0);
  });
});
