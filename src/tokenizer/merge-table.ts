import { assert } from '../lib/index.ts';

/** One merge: the ids of its two halves and of what they become. Its rank is its place in the list. */
export interface Merge {
  left: number;
  right: number;
  merged: number;
}

function hash(left: number, right: number): number {
  let h = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
  h ^= h >>> 15;
  h = Math.imul(h, 0x2c1b3c6d);
  return (h ^ (h >>> 13)) >>> 0;
}

/** Pairs of ids to merges, in one open-addressed table: the innermost look-up of encoding. */
export class MergeTable {
  readonly #left: Int32Array;
  readonly #right: Int32Array;
  readonly #rank: Int32Array;
  readonly #merged: Int32Array;
  readonly #mask: number;

  #count = 0;

  /** A table with room for `room` merges. */
  constructor(room: number) {
    let capacity = 16;
    while (capacity < room * 2) capacity *= 2;
    this.#mask = capacity - 1;
    this.#left = new Int32Array(capacity).fill(-1);
    this.#right = new Int32Array(capacity);
    this.#rank = new Int32Array(capacity);
    this.#merged = new Int32Array(capacity);
  }

  static from(merges: readonly Merge[]): MergeTable {
    const table = new MergeTable(merges.length);
    for (const merge of merges) table.add(merge);
    return table;
  }

  /** Adds a merge of the next rank. A pair named twice has its last one. */
  add({ left, right, merged }: Merge): void {
    assert(this.#count * 2 <= this.#mask, 'the merge table is full');
    const slot = this.#slot(left, right);
    this.#left[slot] = left;
    this.#right[slot] = right;
    this.#rank[slot] = this.#count++;
    this.#merged[slot] = merged;
  }

  /** The slot of the pair, or the empty one where it would be. */
  #slot(left: number, right: number): number {
    let slot = hash(left, right) & this.#mask;
    while (this.#left[slot] !== -1 && (this.#left[slot] !== left || this.#right[slot] !== right))
      slot = (slot + 1) & this.#mask;
    return slot;
  }

  /** A handle for `rank` and `merged`, or -1 when the pair does not merge. */
  find(left: number, right: number): number {
    const slot = this.#slot(left, right);
    return this.#left[slot] === -1 ? -1 : slot;
  }

  rank(handle: number): number {
    return this.#rank[handle]!;
  }

  merged(handle: number): number {
    return this.#merged[handle]!;
  }
}
