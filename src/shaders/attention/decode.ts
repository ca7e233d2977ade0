import { type Binding, defineKernel, defineStruct, type KernelSource } from '../../gpu/index.ts';
import { ceilDiv } from '../../lib/index.ts';
import { type HeadShape, paddedHeadSize } from '../epilogue/epilogue.ts';
import { stateBinding, stateStructs } from '../state/state.ts';
import combine from './combine.wgsl?raw';
import decode from './decode.wgsl?raw';
import type { AttentionShape } from './kv-cache.ts';
import { kvSourceParts } from './kv-source.ts';

/** Parameters that differ between layers. */
export const layerStruct = defineStruct('Layer', {
  scale: ['f32', 'what scores are multiplied by'],
});

export const layerBinding: Binding = { name: 'layer', type: 'Layer', kind: 'uniform' };

/** The uniform `layer`. */
export const packLayer = layerStruct.pack;

/** How the attention of one query is spread over lanes. */
export interface AttentionDecodeVariant {
  /** Lanes of a workgroup. */
  workgroup: number;
  /** Keys whose scores are in workgroup memory at once. */
  tile: number;
}

/** Lanes that share a value, the vec4s of it each carries, and the groups of such lanes in a workgroup. */
function valueLanes(vec4s: number, workgroup: number) {
  const dims = ceilDiv(vec4s, workgroup);
  const lanes = ceilDiv(vec4s, dims);
  return { DIMS4: dims, DIM_LANES: lanes, GROUPS: Math.floor(workgroup / lanes) };
}

/**
 * Bindings: qkv, kv, state, layer, out. Grid: (heads, columns, splits).
 *
 * @param splits parts the context is cut into; above 1, out is partial, for {@link attentionCombineKernel}
 * @param stores whether it puts the new keys and values into the cache itself: not where columns share a sequence
 */
export function attentionDecodeKernel(
  shape: AttentionShape,
  splits: number,
  { workgroup, tile }: AttentionDecodeVariant,
  stores = true,
): KernelSource {
  const kv = kvSourceParts(shape, 'cache');
  const padded = paddedHeadSize(shape);
  return defineKernel({
    name: `attention h${shape.heads}x${shape.headSize} ${shape.kv} s${splits} w${workgroup}${stores ? '' : ' read'}`,
    constants: {
      ...kv.constants,
      HSP: padded,
      SPLITS: splits,
      OUT_STRIDE: shape.outStride,
      WG: workgroup,
      TILE: Math.min(tile, ceilDiv(shape.context, splits)),
      ...valueLanes(padded / 4, workgroup),
      STORES: stores,
    },
    structs: [...stateStructs, layerStruct],
    bindings: [
      ...kv.bindings,
      stateBinding,
      layerBinding,
      { name: 'out', type: 'array<f32>', kind: 'write' },
    ],
    parts: [...kv.parts, decode],
  });
}

/** Bindings: partials, state, out. Grid: (heads, columns). */
export function attentionCombineKernel(shape: AttentionShape, splits: number): KernelSource {
  return defineKernel({
    name: `attention combine h${shape.heads}x${shape.headSize} s${splits}`,
    constants: {
      NH: shape.heads,
      HS: shape.headSize,
      HSP: paddedHeadSize(shape),
      SPLITS: splits,
      OUT_STRIDE: shape.outStride,
      WG: 64,
    },
    structs: stateStructs,
    bindings: [
      { name: 'partials', type: 'array<f32>', kind: 'read' },
      stateBinding,
      { name: 'out', type: 'array<f32>', kind: 'write' },
    ],
    parts: [combine],
  });
}

export function partialBytes(shape: HeadShape, columns: number, splits: number): number {
  return columns * shape.heads * splits * (paddedHeadSize(shape) + 2) * 4;
}
