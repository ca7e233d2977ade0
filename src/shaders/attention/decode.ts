import { type Binding, defineKernel, defineStruct, type KernelSource } from '../../gpu/index.ts';
import { type HeadShape, paddedHeadSize } from '../epilogue/epilogue.ts';
import { stateBinding, stateStructs } from '../state/state.ts';
import combine from './combine.wgsl?raw';
import decode from './decode.wgsl?raw';
import { type AttentionShape, kvAccess, kvBinding, qkvBinding } from './kv-cache.ts';

/** Parameters that differ between layers. */
export const layerStruct = defineStruct('Layer', {
  scale: ['f32', 'what scores are multiplied by'],
});

export const layerBinding: Binding = { name: 'layer', type: 'Layer', kind: 'uniform' };

/** The uniform `layer`. */
export const packLayer = layerStruct.pack;

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
    structs: [...stateStructs, layerStruct],
    bindings: [
      qkvBinding,
      kvBinding[shape.kv],
      stateBinding,
      layerBinding,
      { name: 'out', type: 'array<f32>', kind: 'write' },
    ],
    parts: [kvAccess[shape.kv], decode],
  });
}

/** Bindings: partials, state, out. Grid: (heads, columns). */
export function attentionCombineKernel(shape: AttentionShape, splits: number): KernelSource {
  return defineKernel({
    name: `attention combine h${shape.heads}x${shape.headSize} s${splits}`,
    constants: headConstants(shape, splits, 64),
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
