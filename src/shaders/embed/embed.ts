import { type Binding, defineKernel, grid1d, type KernelSource } from '../../gpu/index.ts';
import { ceilDiv } from '../../lib/index.ts';
import lane from '../shared/lane.wgsl?raw';
import { addressParts } from '../state/address.ts';
import { chunkBinding, chunkStruct } from '../state/chunk.ts';
import { stateBinding, stateStructs } from '../state/state.ts';
import { type MatrixFormat, matrixBindings, matrixConstants, matrixParts } from '../weights/weights.ts';
import block from './block.wgsl?raw';
import columns from './columns.wgsl?raw';
import rows from './rows.wgsl?raw';

export interface EmbedShape {
  /** wte, [V][E]. */
  embedding: MatrixFormat;
  /** Floats between rows of x, and between rows of wpe. */
  stride: number;
  /** Positions in wpe that may be used. */
  context: number;
  /** One of the two alone, where somebody looks at them; default: their sum. */
  only?: 'token' | 'position';
}

/** `embedded(token, position)`: what of the two goes on. */
const combinations = {
  both: 'token + position',
  token: 'token',
  position: 'position',
} as const;

function combine({ only }: EmbedShape): string {
  return `fn embedded(token: vec4f, position: vec4f) -> vec4f {\n  return ${combinations[only ?? 'both']};\n}`;
}

const positions: Binding = { name: 'wpe', type: 'array<vec4f>', kind: 'read' };
const output: Binding = { name: 'x', type: 'array<vec4f>', kind: 'write' };

function embedConstants({ embedding, stride, context }: EmbedShape) {
  return { ...matrixConstants(embedding), V: embedding.rows, X_STRIDE4: stride / 4, CONTEXT: context };
}

/** x[t] = wte[ids[t]] + wpe[position of t]. Bindings: ids, wte w0 …, scales (quantised only), wpe, x, params. */
export function embedRowsKernel(shape: EmbedShape): KernelSource {
  const { embedding } = shape;
  const ids: Binding = { name: 'ids', type: 'array<u32>', kind: 'read' };
  return defineKernel({
    name: `embed ${shape.only ?? 'both'} ${embedding.dtype} ${embedding.columns}`,
    constants: embedConstants(shape),
    structs: [chunkStruct],
    bindings: [ids, ...matrixBindings(embedding), positions, output, chunkBinding],
    parts: [...matrixParts(embedding), combine(shape), block, addressParts({ by: 'chunk' }).part, lane, rows],
  });
}

export function embedRowsGrid(shape: EmbedShape, count: number): [number, number, number] {
  return grid1d(ceilDiv(count * shape.embedding.rowBlocks, 64));
}

/**
 * x[c] = wte[token] + wpe[position] of every column's state. Bindings: state, wte w0 …, scales (quantised only), wpe,
 * x. Grid: (columns).
 */
export function embedColumnsKernel(shape: EmbedShape): KernelSource {
  const { embedding } = shape;
  return defineKernel({
    name: `embed columns ${shape.only ?? 'both'} ${embedding.dtype} ${embedding.columns}`,
    constants: embedConstants(shape),
    structs: stateStructs,
    bindings: [stateBinding, ...matrixBindings(embedding), positions, output],
    parts: [...matrixParts(embedding), combine(shape), block, columns],
  });
}
