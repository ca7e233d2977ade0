import { expect, it } from 'vitest';
import { createRuntime } from '../src/engine/index.ts';
import { openGpu } from '../src/gpu/index.ts';
import { describeParameters, parseConfig } from '../src/model/index.ts';
import { GpuRuntime } from '../src/runtime/index.ts';
import { resolveSampling, type SamplingOptions } from '../src/sampling/index.ts';
import { openCheckpoint } from '../src/weights/index.ts';
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

/** Counts calls of the device that create objects, and bytes the host writes. */
function watch(device: GPUDevice) {
  const seen = { created: 0, written: 0 };
  for (const name of creators) {
    const original = (device[name] as (...args: unknown[]) => unknown).bind(device);
    Object.defineProperty(device, name, {
      configurable: true,
      value: (...args: unknown[]) => {
        seen.created++;
        return original(...args);
      },
    });
  }
  const { queue } = device;
  const write = queue.writeBuffer.bind(queue);
  Object.defineProperty(queue, 'writeBuffer', {
    configurable: true,
    value: (...args: Parameters<GPUQueue['writeBuffer']>) => {
      seen.written++;
      write(...args);
    },
  });
  return seen;
}

it('the token loop creates nothing and writes nothing, in few dispatches and submits', async () => {
  const gpu = await openGpu();
  const seen = watch(gpu.device);
  const files = await modelFiles('public/models/tiny-tales', ['config.json', 'model.safetensors']);
  const checkpoint = await openCheckpoint(files, { cache: false });
  const config = parseConfig(checkpoint.config);
  const table = describeParameters(config, checkpoint.tensors);
  const { runtime } = await createRuntime(
    { checkpoint, config, table },
    { device: gpu.device, dtype: 'f32' },
  );
  checkpoint.close();
  if (!(runtime instanceof GpuRuntime)) throw new Error('The model does not stand on the GPU.');
  await runtime.warmMore();

  const prompt = [1, 2, 3, 4];
  const run = async (sampling: SamplingOptions, tokens: number) => {
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
  expect(await run({ temperature: 0 }, 60)).toEqual(none);
  expect(runtime.stats().dispatchesPerToken).toBeLessThanOrEqual(5 * config.nLayer + 2);
  expect(runtime.stats().submitsPerToken).toBeLessThanOrEqual(1);
  expect(await run({ temperature: 0.8, topK: 40, seed: 1 }, 60)).toEqual(none);
  expect(runtime.stats().dispatchesPerToken).toBeLessThanOrEqual(5 * config.nLayer + 3);
  // Past the crossover attention comes in parts and one dispatch more a layer.
  expect(await run({ temperature: 0 }, 300)).toEqual(none);
  expect(runtime.stats().dispatchesPerToken).toBeLessThanOrEqual(6 * config.nLayer + 2);
  runtime.dispose();
  gpu.destroy();
});
