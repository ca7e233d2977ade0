import { roundUp } from '../../lib/index.ts';
import type { CpuCache } from './kv-cache.ts';
import { panelRows, type Rows } from './packed-matrix.ts';
import { forTiles, multiplyRow, type TileLayout } from './tiles.ts';
import { queryRows, type Workspace } from './workspace.ts';

/** One head of a layer. */
export interface Head {
  layer: number;
  head: number;
  headSize: number;
}

/** Rows that attend together: one, or {@link queryRows} of one sequence whose positions follow each other. */
export interface Queries {
  sequence: number;
  /** Of the first; the others follow it. */
  row: number;
  count: number;
  /** Positions that the first attends to; each of the others has one more. */
  length: number;
}

/** Rows of tokens by those that attend together; tokens of one sequence are in order. */
export function queriesOf(
  tokens: readonly { sequence: number; position: number }[],
  { functions }: Workspace,
): Queries[] {
  const found: Queries[] = [];
  for (let row = 0, count = 1; row < tokens.length; row += count) {
    const { sequence, position } = tokens[row] as (typeof tokens)[number];
    const last = functions && tokens[row + queryRows - 1];
    const together = last?.sequence === sequence && last.position === position + queryRows - 1;
    count = together ? queryRows : 1;
    found.push({ sequence, row, count, length: position + 1 });
  }
  return found;
}

/** All panels times the staged rows of x. */
function multiplyQueries({ functions, tiles }: Workspace, layout: TileLayout, count: number): void {
  if (functions && count > 1) forTiles(functions, layout, count);
  else multiplyRow(tiles, layout, 0);
}

/**
 * pattern[t][head] = softmax(q[t][head] · k * scale) over the positions of each query t.
 * @param keys numbers of a head in a row of the pattern
 */
export function attend(
  cache: CpuCache,
  { layer, head, headSize }: Head,
  { sequence, row: first, count, length }: Queries,
  q: Rows & { scale: number },
  pattern: Rows,
  keys: number,
): void {
  const { workspace } = cache;
  const { floats, functions } = workspace;
  // Staged: the scale, the queries, interleaved, and the scores.
  floats[0] = q.scale;
  for (let row = 0; row < count; row++)
    for (let d = 0, i = (first + row) * q.stride + head * headSize, to = 4 + row; d < headSize; d++, i++) {
      floats[to] = q.values[i]!;
      to += count;
    }
  const scores = 4 + roundUp(count * headSize, 4);
  const paddedRows = roundUp(length + count - 1, panelRows);
  const w = 4 * cache.keysAt(sequence, layer, head);
  const wStride = 4 * panelRows * headSize;
  const layout = { w, wStride, x: 16, xRow: 4 * headSize, y: 4 * scores, paddedRows };
  multiplyQueries(workspace, layout, count);
  for (let row = 0; row < count; row++) {
    const from = scores + row * paddedRows;
    const end = from + length + row;
    const found = floats.subarray(from, end);
    if (functions) {
      const last = from + roundUp(length + row, panelRows);
      for (let i = end; i < last; i++) floats[i] = Number.NEGATIVE_INFINITY;
      functions.softmax(4 * from, 4 * last, 0);
    } else plainSoftmax(found, q.scale);
    pattern.values.set(found, (first + row) * pattern.stride + head * keys);
  }
}

function plainSoftmax(scores: Float32Array, scale: number): void {
  const top = scores.reduce((most, score) => Math.max(most, score), Number.NEGATIVE_INFINITY);
  let sum = 0;
  for (let j = 0; j < scores.length; j++) sum += scores[j] = Math.exp((scores[j]! - top) * scale);
  for (let j = 0; j < scores.length; j++) scores[j]! /= sum;
}

/** output[t][head] = the values of the positions of each query t, added up by its row of the pattern. */
export function sumValues(
  cache: CpuCache,
  { layer, head, headSize }: Head,
  { sequence, row: first, count, length }: Queries,
  pattern: Rows,
  keys: number,
  output: Rows,
): void {
  const { workspace, paddedHead } = cache;
  const { floats } = workspace;
  const positions = length + count - 1;
  for (let row = 0; row < count; row++) {
    const from = (first + row) * pattern.stride + head * keys;
    for (let j = 0, i = row; j < positions; j++, i += count)
      floats[i] = j < length + row ? pattern.values[from + j]! : 0;
  }
  const y = roundUp(count * positions, 4);
  const w = 4 * cache.valuesAt(sequence, layer, head);
  const wStride = 4 * panelRows * cache.capacity(sequence);
  const layout = { w, wStride, x: 0, xRow: 4 * positions, y: 4 * y, paddedRows: paddedHead };
  multiplyQueries(workspace, layout, count);
  for (let row = 0; row < count; row++)
    for (let d = 0, to = (first + row) * output.stride + head * headSize; d < headSize; d++, to++)
      output.values[to] = floats[y + row * paddedHead + d]!;
}
