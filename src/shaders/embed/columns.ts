import { defineKernel, type KernelSource } from '../../gpu/index.ts';
import { ceilDiv } from '../../lib/index.ts';
import kvAppendColumns from '../attention/append_columns.wgsl?raw';
import { type AttentionShape, kvBinding, kvParts } from '../attention/decode.ts';
import { paddedHeadSize } from '../epilogue/epilogue.ts';
import { stateBinding, stateWgsl } from '../state/state.ts';
import { matrixBindings, matrixConstants, matrixParts } from '../weights/weights.ts';
import embedColumns from './columns.wgsl?raw';
import type { EmbedShape } from './embed.ts';

/**
 * x[c] = wte[token] + wpe[position] of every column's state. Bindings: state, wte w0 …, scales (quantised only), wpe,
 * x. Grid: (columns).
 */
export function embedColumnsKernel({ embedding, stride, context }: EmbedShape): KernelSource {
  return defineKernel({
    name: `embed columns ${embedding.dtype} ${embedding.columns}`,
    constants: {
      ...matrixConstants(embedding),
      V: embedding.rows,
      X_STRIDE4: stride / 4,
      CONTEXT: context,
    },
    bindings: [
      stateBinding,
      ...matrixBindings(embedding),
      { name: 'wpe', type: 'array<vec4f>', kind: 'read' },
      { name: 'x', type: 'array<vec4f>', kind: 'write' },
    ],
    parts: [stateWgsl, ...matrixParts(embedding), embedColumns],
  });
}

/** Every column's key and value into the cache. Bindings: qkv, kv, state. Grid: {@link kvAppendColumnsGrid}. */
export function kvAppendColumnsKernel(shape: AttentionShape): KernelSource {
  return defineKernel({
    name: `kv append columns h${shape.heads}x${shape.headSize} ${shape.kv}`,
    constants: {
      NH: shape.heads,
      HS4: paddedHeadSize(shape) / 4,
      CONTEXT: shape.context,
      QKV_STRIDE4: shape.qkvStride / 4,
    },
    bindings: [{ name: 'qkv', type: 'array<vec4f>', kind: 'read' }, kvBinding[shape.kv], stateBinding],
    parts: [stateWgsl, kvParts[shape.kv], kvAppendColumns],
  });
}

export function kvAppendColumnsGrid(shape: AttentionShape, columns: number): [number, number, number] {
  return [ceilDiv((2 * shape.heads * paddedHeadSize(shape)) / 4, 64), columns, 1];
}
