import { type Binding, defineKernel, grid1d, type KernelSource } from '../../gpu/index.ts';
import { ceilDiv } from '../../lib/index.ts';
import { type HeadShape, paddedHeadSize } from '../epilogue/epilogue.ts';
import lane from '../shared/lane.wgsl?raw';
import { chunkBinding, chunkStruct } from '../state/chunk.ts';
import { stateBinding, stateStructs } from '../state/state.ts';
import append from './append.wgsl?raw';
import appendColumns from './append_columns.wgsl?raw';

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
 * `load_kv` and `store_kv`: four dims of the cache, [sequence][k, v][head][dim / 4][position], so that lanes on
 * neighbouring positions read neighbouring memory; f16 as pairs in u32.
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

function appendConstants(shape: AttentionShape) {
  return {
    NH: shape.heads,
    HS4: paddedHeadSize(shape) / 4,
    CONTEXT: shape.context,
    QKV_STRIDE4: shape.qkvStride / 4,
  };
}

/** A chunk's keys and values into the cache. Bindings: qkv, kv, params. Grid: {@link kvAppendGrid}. */
export function kvAppendKernel(shape: AttentionShape): KernelSource {
  return defineKernel({
    name: `kv append h${shape.heads}x${shape.headSize} ${shape.kv}`,
    constants: appendConstants(shape),
    structs: [chunkStruct],
    bindings: [qkvBinding, kvBinding[shape.kv], chunkBinding],
    parts: [kvAccess[shape.kv], lane, append],
  });
}

export function kvAppendGrid(shape: AttentionShape, rows: number): [number, number, number] {
  return grid1d(ceilDiv((rows * 2 * shape.heads * paddedHeadSize(shape)) / 4, 64));
}

/** Every column's key and value into the cache. Bindings: qkv, kv, state. Grid: {@link kvAppendColumnsGrid}. */
export function kvAppendColumnsKernel(shape: AttentionShape): KernelSource {
  return defineKernel({
    name: `kv append columns h${shape.heads}x${shape.headSize} ${shape.kv}`,
    constants: appendConstants(shape),
    structs: stateStructs,
    bindings: [qkvBinding, kvBinding[shape.kv], stateBinding],
    parts: [kvAccess[shape.kv], appendColumns],
  });
}

export function kvAppendColumnsGrid(shape: AttentionShape, columns: number): [number, number, number] {
  return [ceilDiv((2 * shape.heads * paddedHeadSize(shape)) / 4, 64), columns, 1];
}
