import type { Binding } from '../../gpu/index.ts';
import { type HeadShape, paddedHeadSize } from '../epilogue/epilogue.ts';

export type KvDtype = 'f32' | 'f16';

export interface AttentionShape extends HeadShape {
  /** Positions the cache holds per sequence. */
  context: number;
  kv: KvDtype;
  /** Floats between columns of qkv and of out. */
  qkvStride: number;
  outStride: number;
}

/** Floats of one column of qkv: three parts of padded heads. */
export function qkvFloats(shape: HeadShape): number {
  return 3 * shape.heads * paddedHeadSize(shape);
}

/** Bytes of one layer's cache for one sequence. */
export function kvBytes(shape: HeadShape & { context: number; kv: KvDtype }): number {
  return 2 * shape.heads * paddedHeadSize(shape) * shape.context * (shape.kv === 'f32' ? 4 : 2);
}

/**
 * `load_kv` and `store_kv`: four dims of the cache, of keys [sequence][head][dim / 4][position], of values
 * [sequence][head][position][dim / 4]; f16 as pairs in u32.
 */
export const kvAccess: Record<KvDtype, string> = {
  f32: /* wgsl */ `
fn load_kv(index: u32) -> vec4f {
  return kv[index];
}

fn store_kv(index: u32, value: vec4f) {
  kv[index] = value;
}
`,
  f16: /* wgsl */ `
fn load_kv(index: u32) -> vec4f {
  let pair = kv[index];
  return vec4f(unpack2x16float(pair.x), unpack2x16float(pair.y));
}

fn store_kv(index: u32, value: vec4f) {
  kv[index] = vec2u(pack2x16float(value.xy), pack2x16float(value.zw));
}
`,
};

export const kvBinding: Record<KvDtype, Binding> = {
  f32: { name: 'kv', type: 'array<vec4f>', kind: 'write' },
  f16: { name: 'kv', type: 'array<vec2u>', kind: 'write' },
};

export const qkvBinding: Binding = { name: 'qkv', type: 'array<vec4f>', kind: 'read' };
