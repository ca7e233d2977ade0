import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LoadedModel, loadHere } from '../src/engine/index.ts';
import type { SamplingOptions } from '../src/sampling/index.ts';
import { replaceMethods, sharedDevice } from './support/gpu.ts';
import { tinyTalesFiles } from './support/tiny-tales.ts';

/** Labels of weights: embeddings, the matrices of the blocks and what is folded into them. */
const weight = /^(wte|wpe|lm_head|h\.\d+\.(attn|mlp))\b/;

/** What the token loop did: dispatches, the bytes of weights they bound, the bytes that were copied to be read back. */
const seen = { bytes: 0, dispatches: 0, read: 0 };
/** Bytes of weights in each bind group. */
const bound = new Map<GPUBindGroup, number>();

function weightBytes({ entries }: GPUBindGroupDescriptor): number {
  return [...entries].reduce((bytes, { resource }) => {
    const { buffer, size } = resource as GPUBufferBinding;
    return bytes + (weight.test(buffer.label) ? (size ?? buffer.size) : 0);
  }, 0);
}

function watchPass(pass: GPUComputePassEncoder): GPUComputePassEncoder {
  const set = pass.setBindGroup.bind(pass) as (index: number, group: GPUBindGroup) => void;
  pass.setBindGroup = (index: number, group: GPUBindGroup | null | undefined) => {
    seen.bytes += bound.get(group as GPUBindGroup) ?? 0;
    seen.dispatches++;
    set(index, group as GPUBindGroup);
  };
  return pass;
}

function watchEncoder(encoder: GPUCommandEncoder): GPUCommandEncoder {
  const copy = encoder.copyBufferToBuffer.bind(encoder) as (...args: unknown[]) => undefined;
  encoder.copyBufferToBuffer = (...args: unknown[]) => {
    seen.read += args[4] as number;
    return copy(...args);
  };
  const begin = encoder.beginComputePass.bind(encoder);
  encoder.beginComputePass = (of) => watchPass(begin(of));
  return encoder;
}

/** Counts into `seen` until the returned function is called. */
function watch(device: GPUDevice): () => void {
  return replaceMethods(device, {
    createBindGroup: (create) => (descriptor) => {
      const group = create(descriptor);
      bound.set(group, weightBytes(descriptor));
      return group;
    },
    createCommandEncoder: (create) => (descriptor) =>
      descriptor?.label === 'tokens' ? watchEncoder(create(descriptor)) : create(descriptor),
  });
}

let model: LoadedModel;
let unwatch = () => {};

beforeAll(async () => {
  const device = await sharedDevice();
  unwatch = watch(device);
  model = (await loadHere(await tinyTalesFiles(), { device, dtype: 'f32', cache: false })).model;
});
afterAll(() => {
  model.dispose();
  unwatch();
});

/** Bytes of weights bound, and dispatches, by `steps` steps of n sequences. */
async function cost(n: number, steps: number, sampling: SamplingOptions = { temperature: 0 }) {
  const before = { ...seen };
  let tokens = 0;
  const options = { n, maxNewTokens: steps, eos: false, ...sampling };
  for await (const _ of model.generate([1, 2, 3], options)) tokens++;
  expect(tokens).toBe(n * steps);
  const { bytes, dispatches, read } = seen;
  return {
    bytes: bytes - before.bytes,
    dispatches: dispatches - before.dispatches,
    read: read - before.read,
  };
}

it('eight sequences read the weights once per step, as one does', async () => {
  const [one, eight] = [await cost(1, 9), await cost(8, 9)];
  expect(eight).toEqual({ ...one, read: 8 * one.read });
  // The first step begins at the head; the eight after it go through the whole model.
  const { nLayer, nEmbd: C, nInner: I, vocabSize: V, nPositions: P } = model.config;
  const matrices = 4 * (nLayer * (4 * C * C + 2 * C * I) + V * C);
  const step = (await cost(8, 10)).bytes - eight.bytes;
  // Besides the matrices: the embedding of the token and of its place, vectors of bias and norm.
  const more = 4 * (V * C + P * C);
  expect(step).toBeGreaterThan(matrices);
  expect(step).toBeLessThan((matrices + more) * 1.02);
});

it('logits stay on the device, however tokens are chosen', async () => {
  const settings: SamplingOptions[] = [
    { temperature: 0 },
    { temperature: 0.8, topK: 9, topP: 0.9, minP: 0.01, typicalP: 0.9, seed: 1 },
    {
      temperature: 1,
      repetitionPenalty: 1.2,
      frequencyPenalty: 0.1,
      noRepeatNgramSize: 2,
      logitBias: { 3: -100 },
    },
  ];
  // An id and its log-probability a token.
  for (const sampling of settings) expect((await cost(1, 12, sampling)).read).toBe(12 * 8);
});

it('after an abort nothing more goes to the device', async () => {
  const control = new AbortController();
  let atAbort = 0;
  let tokens = 0;
  const options = { temperature: 0, eos: false, maxNewTokens: 100, signal: control.signal };
  for await (const { finishReason } of model.generate([1, 2, 3], options)) {
    if (++tokens === 5) {
      control.abort();
      atAbort = seen.dispatches;
    }
    if (tokens > 5) expect(finishReason).toBe('aborted');
  }
  expect(tokens).toBe(6);
  expect(seen.dispatches).toBe(atAbort);
});
