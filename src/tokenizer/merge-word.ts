import type { MergeTable } from './merge-table.ts';

/** Up to here a scan for the best pair beats a heap. */
const scanLimit = 32;

/** Merges the best pair, leftmost first, until none is left. Quadratic, for short words. */
function mergeByScan(symbols: number[], table: MergeTable): number[] {
  for (;;) {
    let best = -1;
    let bestRank = Infinity;
    let bestMerged = 0;
    for (let i = 0; i + 1 < symbols.length; i++) {
      const handle = table.find(symbols[i]!, symbols[i + 1]!);
      if (handle < 0) continue;
      const rank = table.rank(handle);
      if (rank >= bestRank) continue;
      best = i;
      bestRank = rank;
      bestMerged = table.merged(handle);
    }
    if (best < 0) return symbols;
    symbols[best] = bestMerged;
    symbols.splice(best + 1, 1);
  }
}

/** Numbers out in ascending order. */
class MinHeap {
  readonly #items: number[] = [];

  get size(): number {
    return this.#items.length;
  }

  push(value: number): void {
    const items = this.#items;
    let i = items.length;
    items.push(value);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (items[parent]! <= value) break;
      items[i] = items[parent]!;
      i = parent;
    }
    items[i] = value;
  }

  pop(): number {
    const items = this.#items;
    const top = items[0]!;
    const last = items.pop()!;
    const size = items.length;
    if (size === 0) return top;
    let i = 0;
    for (let child = 1; child < size; child = 2 * i + 1) {
      if (child + 1 < size && items[child + 1]! < items[child]!) child++;
      if (items[child]! >= last) break;
      items[i] = items[child]!;
      i = child;
    }
    items[i] = last;
    return top;
  }
}

/** The heap orders by rank, then place: both in one number, exact below 2^53 (2^22 ranks, 2^31 places). */
const places = 2 ** 31;

/** The same merges in n log n, for words of any length: a linked list and a heap of candidate pairs. */
function mergeByHeap(symbols: readonly number[], table: MergeTable): number[] {
  const id = Int32Array.from(symbols);
  const next = Int32Array.from(symbols, (_, i) => (i + 1 < symbols.length ? i + 1 : -1));
  const previous = Int32Array.from(symbols, (_, i) => i - 1);
  const heap = new MinHeap();
  const consider = (i: number): void => {
    const j = next[i]!;
    const handle = j < 0 ? -1 : table.find(id[i]!, id[j]!);
    if (handle >= 0) heap.push(table.rank(handle) * places + i);
  };
  for (let i = 0; i < symbols.length; i++) consider(i);
  while (heap.size > 0) {
    const top = heap.pop();
    const i = top % places;
    const j = id[i]! < 0 ? -1 : next[i]!;
    const handle = j < 0 ? -1 : table.find(id[i]!, id[j]!);
    // A candidate is stale when either half has since become part of something else.
    if (handle < 0 || table.rank(handle) !== Math.floor(top / places)) continue;
    id[i] = table.merged(handle);
    id[j] = -1;
    next[i] = next[j]!;
    if (next[j]! >= 0) previous[next[j]!] = i;
    if (previous[i]! >= 0) consider(previous[i]!);
    consider(i);
  }
  const result: number[] = [];
  for (let i = 0; i >= 0; i = next[i]!) result.push(id[i]!);
  return result;
}

/** Byte-pair encoding of one word: lowest rank first, leftmost first among equals. May change `symbols`. */
export function mergeWord(symbols: number[], table: MergeTable): number[] {
  if (symbols.length < 2) return symbols;
  return symbols.length <= scanLimit ? mergeByScan(symbols, table) : mergeByHeap(symbols, table);
}
