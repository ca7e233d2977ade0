import type { Binding, Constants } from '../../gpu/index.ts';
import { paddedHeadSize } from '../epilogue/epilogue.ts';
import { type AttentionShape, kvAccess, kvBinding, qkvBinding } from './kv-cache.ts';

/** Where keys and values come from: the KV cache, or the rows of qkv themselves, which then hold whole sequences. */
export type KvSource = 'cache' | 'rows';

/**
 * `load_kv(index)`, four dims: of a key at key_base(sequence, head) + dim / 4 · DIM_STRIDE + position · KEY_STRIDE, of a
 * value from value_base(sequence, head) on.
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
  const strides = cached
    ? { DIM_STRIDE: shape.context, KEY_STRIDE: 1 }
    : { DIM_STRIDE: 1, KEY_STRIDE: shape.qkvStride / 4 };
  return {
    constants: { ...sizes, ...strides },
    parts: cached ? [kvAccess[shape.kv], bases.cache] : [bases.rows],
    bindings: cached ? [qkvBinding, kvBinding[shape.kv]] : [qkvBinding],
  };
}
