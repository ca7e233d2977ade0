import { type Binding, defineStruct } from '../../gpu/index.ts';
import { roundUp } from '../../lib/index.ts';

/** Rows that go through the model together: consecutive positions of a sequence, or whole sequences of equal length. */
export interface Chunk {
  /** Rows. */
  count: number;
  /** Position of the first row; everything before it is in the KV cache. */
  base: number;
  /** Index of the KV cache. */
  sequence: number;
  /** Keys of a row of a pattern; only patterns are laid out by it. */
  total?: number;
  /** Rows of each sequence, where several go through one after the other; default: all are of one. */
  length?: number;
  /** Rows before the first one. */
  first?: number;
}

/** Parameters of a pass over several rows of one sequence; the same kernels serve every chunk. */
export const chunkStruct = defineStruct('Chunk', {
  count: 'rows of this chunk',
  base: 'position of the first: keys before it are in the KV cache',
  sequence: 'which KV cache',
  total: 'keys of a row of a pattern',
  length: 'rows of each sequence',
  first: 'rows of the sequences before the first of this chunk',
});

export const chunkBinding: Binding = { name: 'params', type: 'Chunk', kind: 'uniform' };

/** Bytes of the uniform `params`. */
export const chunkBytes = roundUp(chunkStruct.size, 16);

/** The uniform `params`. */
export function packChunk({ total = 0, first = 0, ...chunk }: Chunk): Uint32Array<ArrayBuffer> {
  return chunkStruct.pack({ length: Math.max(1, chunk.count), ...chunk, total, first });
}
