import { defineKernel, grid1d, type KernelSource } from '../../gpu/index.ts';
import { ceilDiv } from '../../lib/index.ts';
import { chunkBinding, chunkWgsl } from '../state/chunk.ts';
import { type MatrixFormat, matrixBindings, matrixConstants, matrixParts } from '../weights/weights.ts';
import embedRows from './rows.wgsl?raw';

export interface EmbedShape {
  /** wte, [V][E]. */
  embedding: MatrixFormat;
  /** Floats between rows of x, and between rows of wpe. */
  stride: number;
  /** Positions in wpe that may be used. */
  context: number;
}

/** x[t] = wte[ids[t]] + wpe[base + t]. Bindings: ids, wte w0 …, scales (quantised only), wpe, x, params. */
export function embedRowsKernel(shape: EmbedShape): KernelSource {
  return defineKernel({
    name: `embed ${shape.embedding.dtype} ${shape.embedding.columns}`,
    constants: {
      ...matrixConstants(shape.embedding),
      V: shape.embedding.rows,
      X_STRIDE4: shape.stride / 4,
      CONTEXT: shape.context,
    },
    bindings: [
      { name: 'ids', type: 'array<u32>', kind: 'read' },
      ...matrixBindings(shape.embedding),
      { name: 'wpe', type: 'array<vec4f>', kind: 'read' },
      { name: 'x', type: 'array<vec4f>', kind: 'write' },
      chunkBinding,
    ],
    parts: [chunkWgsl, ...matrixParts(shape.embedding), embedRows],
  });
}

export function embedRowsGrid(shape: EmbedShape, rows: number): [number, number, number] {
  return grid1d(ceilDiv(rows * shape.embedding.rowBlocks, 64));
}
