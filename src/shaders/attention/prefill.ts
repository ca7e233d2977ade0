import { defineKernel, grid1d, type KernelSource } from '../../gpu/index.ts';
import { ceilDiv } from '../../lib/index.ts';
import { paddedHeadSize } from '../epilogue/epilogue.ts';
import { chunkBinding, chunkWgsl } from '../state/chunk.ts';
import kvAppend from './append.wgsl?raw';
import { type AttentionShape, kvBinding, kvParts, layerBinding, layerWgsl } from './decode.ts';
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

/** A chunk's keys and values into the cache. Bindings: qkv, kv, params. Grid: {@link kvAppendGrid}. */
export function kvAppendKernel(shape: AttentionShape): KernelSource {
  return defineKernel({
    name: `kv append h${shape.heads}x${shape.headSize} ${shape.kv}`,
    constants: chunkConstants(shape),
    bindings: [{ name: 'qkv', type: 'array<vec4f>', kind: 'read' }, kvBinding[shape.kv], chunkBinding],
    parts: [chunkWgsl, kvParts[shape.kv], kvAppend],
  });
}

export function kvAppendGrid(shape: AttentionShape, rows: number): [number, number, number] {
  return grid1d(ceilDiv((rows * 2 * shape.heads * paddedHeadSize(shape)) / 4, 64));
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
    bindings: [
      { name: 'qkv', type: 'array<vec4f>', kind: 'read' },
      kvBinding[shape.kv],
      layerBinding,
      chunkBinding,
      { name: 'out', type: 'array<f32>', kind: 'write' },
    ],
    parts: [layerWgsl, chunkWgsl, kvParts[shape.kv], attentionPrefill],
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
    bindings: [
      { name: 'qkv', type: 'array<vec4f>', kind: 'read' },
      kvBinding[shape.kv],
      layerBinding,
      chunkBinding,
      { name: 'out', type: 'array<f32>', kind: 'write' },
    ],
    parts: [layerWgsl, chunkWgsl, kvParts[shape.kv], attentionWeights],
  });
}
