import { type Binding, defineKernel, type KernelSource } from '../../gpu/index.ts';
import { type HeadShape, paddedHeadSize } from '../epilogue/epilogue.ts';
import { stateBinding, stateWgsl } from '../state/state.ts';
import combine from './combine.wgsl?raw';
import decode from './decode.wgsl?raw';
import kvF16 from './kv_f16.wgsl?raw';
import kvF32 from './kv_f32.wgsl?raw';
import splitEnd from './split.wgsl?raw';
import wholeEnd from './whole.wgsl?raw';

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

export const kvParts: Record<KvDtype, string> = { f32: kvF32, f16: kvF16 };
export const kvBinding: Record<KvDtype, Binding> = {
  f32: { name: 'kv', type: 'array<vec4f>', kind: 'write' },
  f16: { name: 'kv', type: 'array<vec2u>', kind: 'write' },
};
export const layerBinding: Binding = { name: 'layer', type: 'Layer', kind: 'uniform' };
/** Per layer: what the scores are multiplied by. */
export const layerWgsl = 'struct Layer { scale: f32 }';

/** The most lanes (a power of two, at most 64) whose results fit the workgroup memory. */
export function attentionLanes(shape: HeadShape, workgroupBytes = 16384): number {
  const perLane = (paddedHeadSize(shape) + 2) * 4;
  let lanes = 64;
  while (lanes > 1 && lanes * perLane > workgroupBytes) lanes /= 2;
  return lanes;
}

function headConstants(shape: AttentionShape, splits: number, lanes: number) {
  return {
    NH: shape.heads,
    HS: shape.headSize,
    HSP: paddedHeadSize(shape),
    HS4: paddedHeadSize(shape) / 4,
    CONTEXT: shape.context,
    SPLITS: splits,
    OUT_STRIDE: shape.outStride,
    WG: lanes,
  };
}

/**
 * Bindings: qkv, kv, state, layer, out. Grid: (heads, columns, splits).
 *
 * @param stores whether it puts the new keys and values into the cache itself: not where columns share a sequence
 */
export function attentionDecodeKernel(
  shape: AttentionShape,
  splits: number,
  lanes: number,
  stores = true,
): KernelSource {
  return defineKernel({
    name: `attention h${shape.heads}x${shape.headSize} ${shape.kv} s${splits} w${lanes}${stores ? '' : ' read'}`,
    constants: {
      ...headConstants(shape, splits, lanes),
      QKV_STRIDE4: shape.qkvStride / 4,
      STORES: stores,
    },
    bindings: [
      { name: 'qkv', type: 'array<vec4f>', kind: 'read' },
      kvBinding[shape.kv],
      stateBinding,
      layerBinding,
      { name: 'out', type: 'array<f32>', kind: 'write' },
    ],
    parts: [layerWgsl, stateWgsl, kvParts[shape.kv], splits > 1 ? splitEnd : wholeEnd, decode],
  });
}

/** Bindings: partials, state, out. Grid: (heads, columns). */
export function attentionCombineKernel(shape: AttentionShape, splits: number): KernelSource {
  return defineKernel({
    name: `attention combine h${shape.heads}x${shape.headSize} s${splits}`,
    constants: headConstants(shape, splits, 64),
    bindings: [
      { name: 'partials', type: 'array<f32>', kind: 'read' },
      stateBinding,
      { name: 'out', type: 'array<f32>', kind: 'write' },
    ],
    parts: [stateWgsl, combine],
  });
}

export function partialBytes(shape: HeadShape, columns: number, splits: number): number {
  return columns * shape.heads * splits * (paddedHeadSize(shape) + 2) * 4;
}
