import { expect, it } from 'vitest';
import { loadHere } from '../src/engine/index.ts';
import { openGpu } from '../src/gpu/index.ts';
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
  const files = ['config.json', 'vocab.json', 'merges.txt', 'model.safetensors'];
  const source = await modelFiles('public/models/tiny-tales', files);
  const { model } = await loadHere(source, { device: gpu.device, dtype: 'f32', cache: false });
  const layers = model.config.nLayer;
  const run = async (options: object, tokens: number) => {
    let created = Number.NaN;
    let written = Number.NaN;
    let count = 0;
    for await (const _ of model.generate('Once upon a time', {
      maxNewTokens: tokens,
      eos: false,
      ...options,
    })) {
      // After the first token everything is compiled, bound and begun.
      if (count++ === 0) ({ created, written } = seen);
    }
    return { created: seen.created - created, written: seen.written - written };
  };
  // The forms for long contexts compile in their own time, once.
  await run({ temperature: 0 }, 2);
  await new Promise((resolve) => setTimeout(resolve, 4000));
  await gpu.device.queue.onSubmittedWorkDone();

  expect(await run({ temperature: 0 }, 40)).toEqual({ created: 0, written: 0 });
  const { dispatchesPerToken, submitsPerToken } = model.stats();
  expect(dispatchesPerToken).toBeLessThanOrEqual(5 * layers + 2);
  expect(submitsPerToken).toBeLessThanOrEqual(1);
  await run({ temperature: 0.8, topK: 40 }, 2);
  expect(await run({ temperature: 0.8, topK: 40 }, 40)).toEqual({ created: 0, written: 0 });
  expect(model.stats().dispatchesPerToken).toBeLessThanOrEqual(5 * layers + 3);
  model.dispose();
  gpu.destroy();
});
