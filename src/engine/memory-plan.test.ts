import { describe, expect, it } from 'vitest';
import { checkpointShapes } from '../../test/support/random-checkpoint.ts';
import { describeParameters, type GPT2Config, parseConfig } from '../model/index.ts';
import type { Checkpoint, TensorInfo } from '../weights/index.ts';
import type { AdapterSummary } from './adapter.ts';
import { planFor, planFormats } from './memory-plan.ts';

const large = { nEmbd: 1600, nHead: 25, nLayer: 48, nPositions: 1024 };
const small = { nEmbd: 768, nHead: 12, nLayer: 12, nPositions: 1024 };

/** A model's tensors without any bytes. */
function subject({ nEmbd, nHead, nLayer, nPositions }: typeof large) {
  const sizes = { n_embd: nEmbd, n_head: nHead, n_layer: nLayer, n_positions: nPositions };
  const config: GPT2Config = parseConfig({ model_type: 'gpt2', vocab_size: 50257, ...sizes });
  const tensors = new Map<string, TensorInfo>();
  for (const [name, shape] of checkpointShapes(config))
    tensors.set(name, { name, dtype: 'F32', shape, file: 'none', begin: 0, end: 0 });
  const checkpoint = { id: 'some/model', revision: 'main', totalBytes: 0 } as Checkpoint;
  return { checkpoint, config, table: describeParameters(config, tensors) };
}

function adapter(bindingBytes: number): AdapterSummary {
  const limits = {
    maxStorageBufferBindingSize: bindingBytes,
    maxBufferSize: bindingBytes,
    maxStorageBuffersPerShaderStage: 10,
  };
  const names = { vendor: '', architecture: '', device: '', description: '' };
  return { backend: 'webgpu', ...names, software: false, features: [], limits };
}

const caches = (model: typeof large, bindingBytes: number) =>
  Object.fromEntries(
    planFor(subject(model), adapter(bindingBytes)).dtypes.map(({ dtype, kv }) => [dtype, kv]),
  );

describe('the cache of keys and values', () => {
  it('is in f32 where all fits comfortably', () => {
    expect(caches(small, 2 ** 31)).toEqual({ f32: 'f32', f16: 'f32', int8: 'f32', int4: 'f32' });
  });

  it('is in f16 beside rounded weights of a large model, and takes half', () => {
    expect(caches(large, 2 ** 31)).toEqual({ f32: 'f32', f16: 'f16', int8: 'f16', int4: 'f32' });
    const [exact, half] = planFor(subject(large), adapter(2 ** 31)).dtypes;
    expect((exact?.kvBytes ?? 0) / (half?.kvBytes ?? 1)).toBe(2);
  });

  it('is in f16 where a layer of it would be above the limit of a buffer', () => {
    const long = { ...small, nPositions: 32768 };
    // A layer of f32 takes 201 MB.
    expect(caches(long, 2 ** 27).f32).toBe('f16');
    expect(planFor(subject(long), adapter(2 ** 27)).dtypes[0]).toMatchObject({ fits: true });
  });

  it('is planned for the dtype asked for, or for the one recommended', () => {
    expect(planFormats(subject(large), adapter(2 ** 31), 'f16')).toMatchObject({ dtype: 'f16', kv: 'f16' });
    expect(planFormats(subject(small), adapter(2 ** 31))).toMatchObject({ dtype: 'f32', kv: 'f32' });
    expect(() => planFormats(subject(large), adapter(2 ** 20))).toThrow(
      'does not fit this device in any dtype',
    );
  });
});
