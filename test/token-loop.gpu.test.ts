import { expect, it } from 'vitest';
import { createRuntime } from '../src/engine/index.ts';
import { describeParameters, parseConfig } from '../src/model/index.ts';
import { GpuRuntime } from '../src/runtime/index.ts';
import { resolveSampling, type SamplingOptions } from '../src/sampling/index.ts';
import { openCheckpoint } from '../src/weights/index.ts';
import { replaceMethods, sharedDevice } from './support/gpu.ts';
import { modelFiles } from './support/model-files.ts';

/** What may only happen while a model is loaded or warmed up, never per token. */
const creators = [
  'createBuffer',
  'createBindGroup',
  'createBindGroupLayout',
  'createPipelineLayout',
  'createShaderModule',
  'createComputePipeline',
  'createComputePipelineAsync',
  'createQuerySet',
] as const;

/** Counts calls of the device that create objects, and writes of the host, until `stop` is called. */
function watch(device: GPUDevice) {
  const seen = { created: 0, written: 0 };
  const counted =
    (what: keyof typeof seen) =>
    (original: unknown) =>
    (...args: unknown[]) => {
      seen[what]++;
      return (original as (...args: unknown[]) => unknown)(...args);
    };
  const create = Object.fromEntries(creators.map((name) => [name, counted('created')]));
  const restoreDevice = replaceMethods(device, create);
  const restoreQueue = replaceMethods(device.queue, { writeBuffer: counted('written') as never });
  const stop = () => {
    restoreDevice();
    restoreQueue();
  };
  return { seen, stop };
}

it('the token loop creates nothing and writes nothing, in few dispatches and submits', async () => {
  const device = await sharedDevice();
  const { seen, stop } = watch(device);
  const files = await modelFiles('public/models/tiny-tales', ['config.json', 'model.safetensors']);
  const checkpoint = await openCheckpoint(files, { cache: false });
  const config = parseConfig(checkpoint.config);
  const table = describeParameters(config, checkpoint.tensors);
  const { runtime } = await createRuntime({ checkpoint, config, table }, { device, dtype: 'f32' });
  checkpoint.close();
  if (!(runtime instanceof GpuRuntime)) throw new Error('The model is not on the GPU.');
  await runtime.warmMore();

  const run = async (sampling: SamplingOptions, prompt: number[], tokens: number) => {
    await runtime.prefill(0, 0, prompt);
    const request = {
      sequences: [0],
      contexts: [{ ids: prompt, promptLength: prompt.length }],
      sampling: resolveSampling(sampling),
      firstDraw: 0,
      maxSteps: tokens,
      eosTokenIds: [],
      alternatives: 3,
    };
    let before = { ...seen };
    let count = 0;
    for await (const _ of runtime.decode(request)) if (count++ === 0) before = { ...seen };
    expect(count).toBe(tokens);
    return { created: seen.created - before.created, written: seen.written - before.written };
  };
  const none = { created: 0, written: 0 };
  const short = [1, 2, 3, 4];
  expect(await run({ temperature: 0 }, short, 20)).toEqual(none);
  expect(runtime.stats().dispatchesPerToken).toBeLessThanOrEqual(5 * config.nLayer + 2);
  expect(runtime.stats().submitsPerToken).toBeLessThanOrEqual(1);

  // What looks inside and changes the pass leaves nothing behind.
  const plain = runtime.stats();
  await runtime.run({ runs: [{ ids: short, edits: [] }], capture: ['blocks.0.attn.hook_z'], logits: 'last' });
  await runtime.setEdits([{ site: 'blocks.0.hook_mlp_out', op: 'scale', value: 0.5 }]);
  expect(await run({ temperature: 0 }, short, 20)).toEqual(none);
  expect(runtime.stats().dispatchesPerToken).toBeGreaterThan(plain.dispatchesPerToken);
  await runtime.setEdits([]);
  const { created } = seen;
  expect(await run({ temperature: 0 }, short, 20)).toEqual(none);
  expect(runtime.stats()).toEqual(plain);
  expect(seen.created, 'objects created after the last edit').toBe(created);

  expect(await run({ temperature: 0.8, topK: 40, seed: 1 }, short, 20)).toEqual(none);
  expect(runtime.stats().dispatchesPerToken).toBeLessThanOrEqual(5 * config.nLayer + 3);

  // With a crossover, and past it, attention comes in parts and one dispatch more a layer.
  await runtime.changeVariants({
    chooseVariant: () => ({ lanes: 1, rows: 2, workgroup: 64, reduction: 'none' }),
    decodeAttention: { workgroup: 32, tile: 64, splitFrom: 256 },
  });
  await runtime.warmMore();
  const long = Array.from({ length: 250 }, (_, at) => 1 + (at % 50));
  expect(await run({ temperature: 0 }, long, 40)).toEqual(none);
  expect(runtime.stats().dispatchesPerToken).toBeLessThanOrEqual(6 * config.nLayer + 2);
  expect(runtime.stats().dispatchesPerToken).toBeGreaterThan(5 * config.nLayer + 2);
  runtime.dispose();
  stop();
});
