import { type Binding, defineStruct } from '../../gpu/index.ts';

/** A sequence being generated. */
export const columnStruct = defineStruct('Column', {
  token: 'last token chosen',
  position: 'its position in the sequence: the row of wpe, the place in the KV cache',
  done: '1 after an end-of-text token',
  draw: 'counter of the next random draw',
  sequence: 'which KV cache, and which stream of random numbers',
  chosen: "the sampler's choice, taken by pick",
  contextLength: 'tokens in the context list',
});

/** The token loop's state, which stays on the GPU. */
export const stateStruct = defineStruct(
  'State',
  {
    running: 'columns that are not done; kernels return at once when 0',
    step: 'steps taken since the run began',
  },
  { name: 'columns', of: columnStruct },
);

export const stateStructs = [columnStruct, stateStruct];
export const stateBinding: Binding = { name: 'state', type: 'State', kind: 'read' };

/** Places in the state buffer, in words: of the header, and in each column. */
export const stateLayout = {
  headerSize: stateStruct.tailOffset / 4,
  running: stateStruct.offsets.running / 4,
  step: stateStruct.offsets.step / 4,
  columnSize: columnStruct.size / 4,
  token: columnStruct.offsets.token / 4,
  position: columnStruct.offsets.position / 4,
  done: columnStruct.offsets.done / 4,
  draw: columnStruct.offsets.draw / 4,
  sequence: columnStruct.offsets.sequence / 4,
  chosen: columnStruct.offsets.chosen / 4,
  contextLength: columnStruct.offsets.contextLength / 4,
} as const;

export function stateBytes(columns: number): number {
  return stateStruct.tailOffset + columns * columnStruct.size;
}

/** Initial state of a column. */
export interface ColumnStart {
  sequence: number;
  /** The last token of its context, and how long that is. */
  token: number;
  length: number;
  /** Counter of its first random draw. */
  draw: number;
}

/** The state of a run as the GPU begins it. */
export function packState(columns: readonly ColumnStart[]): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(stateBytes(columns.length) / 4);
  stateStruct.write(words, 0, { running: columns.length, step: 0 });
  for (const [column, { sequence, token, length, draw }] of columns.entries()) {
    columnStruct.write(words, stateStruct.tailOffset + column * columnStruct.size, {
      ...{ token, position: length - 1, done: 0, draw, sequence, chosen: 0, contextLength: length },
    });
  }
  return words;
}
