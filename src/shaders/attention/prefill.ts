import { defineKernel, type KernelParts, type KernelSource } from '../../gpu/index.ts';
import { ceilDiv } from '../../lib/index.ts';
import { paddedHeadSize } from '../epilogue/epilogue.ts';
import { chunkBinding, chunkStruct } from '../state/chunk.ts';
import { layerBinding, layerStruct } from './decode.ts';
import { type AttentionShape, kvAccess, kvBinding, qkvBinding } from './kv-cache.ts';
import attentionPrefill from './prefill.wgsl?raw';
import attentionWeights from './weights.wgsl?raw';

function chunkConstants(shape: AttentionShape) {
  return {
    NH: shape.heads,
    HS: shape.headSize,
    HS4: paddedHeadSize(shape) / 4,
    CONTEXT: shape.context,
    QKV_STRIDE4: shape.qkvStride / 4,
  };
}

/** Bindings of the kernels over a chunk: qkv, kv, layer, params, out. */
function chunkInterface(shape: AttentionShape): Pick<KernelParts, 'structs' | 'bindings'> {
  return {
    structs: [chunkStruct, layerStruct],
    bindings: [
      qkvBinding,
      kvBinding[shape.kv],
      layerBinding,
      chunkBinding,
      { name: 'out', type: 'array<f32>', kind: 'write' },
    ],
  };
}

/** How a chunk's attention is spread over lanes. */
export interface AttentionVariant {
  /** Neighbouring queries a lane carries. */
  queries: number;
  /** Keys between two rescalings of the softmax. */
  keys: number;
  /** Lanes of a workgroup. */
  workgroup: number;
}

/** A chunk's causal attention. Bindings: qkv, kv, layer, params, out. Grid: {@link attentionPrefillGrid}. */
export function attentionPrefillKernel(
  shape: AttentionShape,
  { queries, keys, workgroup }: AttentionVariant,
): KernelSource {
  return defineKernel({
    name: `attention prefill h${shape.heads}x${shape.headSize} ${shape.kv} q${queries}k${keys}w${workgroup}`,
    constants: {
      ...chunkConstants(shape),
      OUT_STRIDE: shape.outStride,
      QT: queries,
      KEYS: keys,
      WG: workgroup,
    },
    ...chunkInterface(shape),
    parts: [kvAccess[shape.kv], attentionPrefill],
  });
}

export function attentionPrefillGrid(
  shape: AttentionShape,
  { queries, workgroup }: AttentionVariant,
  rows: number,
): [number, number, number] {
  return [shape.heads, ceilDiv(rows, queries * workgroup), 1];
}

/**
 * The weights a chunk's queries give to the positions of the whole pass, for looking inside: out[head][t][total].
 * Bindings: qkv, kv, layer, params, out. Grid: (heads, rows).
 */
export function attentionWeightsKernel(shape: AttentionShape): KernelSource {
  return defineKernel({
    name: `attention weights h${shape.heads}x${shape.headSize} ${shape.kv}`,
    constants: chunkConstants(shape),
    ...chunkInterface(shape),
    parts: [kvAccess[shape.kv], attentionWeights],
  });
}
