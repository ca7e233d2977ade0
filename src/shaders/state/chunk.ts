import type { Binding } from '../../gpu/index.ts';
import chunk from './chunk.wgsl?raw';

/** Consecutive positions of one sequence that go through the model together. */
export interface Chunk {
  /** Rows. */
  count: number;
  /** Position of the first row; everything before it is in the KV cache. */
  base: number;
  /** Which KV cache. */
  sequence: number;
  /** Positions of the whole pass; only attention weights are laid out by it. */
  total?: number;
}

export const chunkWgsl = chunk;
export const chunkBinding: Binding = { name: 'params', type: 'Chunk', kind: 'uniform' };

/** The uniform `params`, as struct Chunk in chunk.wgsl. */
export function packChunk({ count, base, sequence, total = 0 }: Chunk): Uint32Array<ArrayBuffer> {
  return new Uint32Array([count, base, sequence, total]);
}
