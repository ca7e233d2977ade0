import type { ColumnStart } from '../../shaders/index.ts';
import type { DecodeRequest } from '../runtime.ts';

/** Initial state of each sequence of a request. */
export function startsOf({ sequences, contexts, firstDraw }: DecodeRequest): ColumnStart[] {
  return sequences.map((sequence, column) => {
    const ids = contexts[column]?.ids ?? [];
    return { sequence, token: ids.at(-1) ?? 0, length: ids.length, draw: firstDraw };
  });
}

/** As many starts as there are columns: one too many repeats the last and writes the same values to the same places. */
export function filled<T>(starts: readonly T[], columns: number): T[] {
  return Array.from({ length: columns }, (_, column) => starts[column] ?? (starts.at(-1) as T));
}
