import type { Binding, Constants } from '../../gpu/index.ts';
import { paddedHeadSize } from '../epilogue/epilogue.ts';
import { type AttentionShape, kvAccess, kvBinding, qkvBinding } from './kv-cache.ts';

/** Where keys and values come from: the KV cache, or the rows of qkv themselves, which then hold whole sequences. */
export type KvSource = 'cache' | 'rows';

/**
 * `load_kv(index)`, four dims: of a key at key_base(sequence, head) + dim / 4 · KEY_DIM_STRIDE + position ·
 * KEY_POSITION_STRIDE, of a value at value_base(sequence, head) + dim / 4 · VALUE_DIM_STRIDE + position ·
 * VALUE_POSITION_STRIDE.
 */
const bases: Record<KvSource, string> = {
  cache: /* wgsl */ `
fn key_base(sequence: u32, head: u32) -> u32 {
  return (sequence * 2u * NH + head) * HS4 * CONTEXT;
}

fn value_base(sequence: u32, head: u32) -> u32 {
  return ((sequence * 2u + 1u) * NH + head) * HS4 * CONTEXT;
}
`,
  rows: /* wgsl */ `
fn load_kv(index: u32) -> vec4f {
  return qkv[index];
}

fn key_base(sequence: u32, head: u32) -> u32 {
  return sequence * params.length * QKV_STRIDE4 + (NH + head) * HS4;
}

fn value_base(sequence: u32, head: u32) -> u32 {
  return sequence * params.length * QKV_STRIDE4 + (2u * NH + head) * HS4;
}
`,
};

/**
 * Strides of keys and of values. In the cache, lanes on neighbouring positions read neighbouring keys, which is how
 * scores are computed, and lanes on neighbouring dims read neighbouring values, which is how they are summed.
 */
function strides(shape: AttentionShape, source: KvSource): Constants {
  const row = shape.qkvStride / 4;
  return source === 'cache'
    ? {
        KEY_DIM_STRIDE: shape.context,
        KEY_POSITION_STRIDE: 1,
        VALUE_DIM_STRIDE: 1,
        VALUE_POSITION_STRIDE: paddedHeadSize(shape) / 4,
      }
    : { KEY_DIM_STRIDE: 1, KEY_POSITION_STRIDE: row, VALUE_DIM_STRIDE: 1, VALUE_POSITION_STRIDE: row };
}

export function kvSourceParts(
  shape: AttentionShape,
  source: KvSource,
): { constants: Constants; parts: string[]; bindings: Binding[] } {
  const sizes = {
    NH: shape.heads,
    HS: shape.headSize,
    HS4: paddedHeadSize(shape) / 4,
    CONTEXT: shape.context,
    QKV_STRIDE4: shape.qkvStride / 4,
  };
  const cached = source === 'cache';
  return {
    constants: { ...sizes, ...strides(shape, source) },
    parts: cached ? [kvAccess[shape.kv], bases.cache] : [bases.rows],
    bindings: cached ? [qkvBinding, kvBinding[shape.kv]] : [qkvBinding],
  };
}
