import { type Binding, defineStruct } from '../../gpu/index.ts';

/** Consecutive positions of one sequence that go through the model together. */
export interface Chunk {
  /** Rows. */
  count: number;
  /** Position of the first row; everything before it is in the KV cache. */
  base: number;
  /** Index of the KV cache. */
  sequence: number;
  /** Positions of the whole pass; only attention weights are laid out by it. */
  total?: number;
}

/** Parameters of a pass over several rows of one sequence; the same kernels serve every chunk. */
export const chunkStruct = defineStruct('Chunk', {
  count: ['u32', 'rows of this chunk'],
  base: ['u32', 'position of the first: keys before it are in the KV cache'],
  sequence: ['u32', 'which KV cache'],
  total: ['u32', 'positions of the whole pass: the width of a row of attention weights'],
});

export const chunkBinding: Binding = { name: 'params', type: 'Chunk', kind: 'uniform' };

/** The uniform `params`. */
export function packChunk({ total = 0, ...chunk }: Chunk): Uint32Array<ArrayBuffer> {
  return chunkStruct.pack({ ...chunk, total });
}
