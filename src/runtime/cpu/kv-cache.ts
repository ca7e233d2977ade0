import { defined, roundUp } from '../../lib/index.ts';
import type { GPT2Config } from '../../model/index.ts';
import { panelRows } from './packed-matrix.ts';
import type { Workspace } from './workspace.ts';

/** Keys and values of one sequence: a block of the workspace. */
interface Sequence {
  at: number;
  /** Positions it has room for, a multiple of {@link panelRows}. */
  capacity: number;
}

const firstCapacity = 64;

/**
 * The KV cache: memory grows with the positions used, up to the context. Every head's keys are a matrix
 * [positions][head size] and its values one of [head size][positions], both in panels of eight rows, so that attention
 * is two products.
 */
export class CpuCache {
  private sequences: Sequence[] = [];
  /** Values of a head with those of zeros that fill the last panel. */
  readonly paddedHead: number;
  private readonly headSize: number;

  constructor(
    private readonly config: GPT2Config,
    private readonly contextLength: number,
    readonly workspace: Workspace,
  ) {
    this.headSize = config.nEmbd / config.nHead;
    this.paddedHead = roundUp(this.headSize, panelRows);
    this.reserve(1);
  }

  /** Makes this many sequences; those that stay keep what they hold. */
  reserve(sequences: number): void {
    for (const dropped of this.sequences.splice(sequences)) this.drop(dropped);
    while (this.sequences.length < sequences) this.sequences.push({ at: 0, capacity: 0 });
  }

  get size(): number {
    return this.sequences.length;
  }

  /** Bytes held. */
  get bytes(): number {
    return this.sequences.reduce((sum, { capacity }) => sum + 4 * this.floats(capacity), 0);
  }

  /** Where the keys of a head begin in the workspace. */
  keysAt(sequence: number, layer: number, head: number): number {
    const { at, capacity } = this.held(sequence);
    return at + this.blockAt(capacity, layer, head);
  }

  /** Where the values of a head begin; its panels are {@link capacity} groups of eight floats long. */
  valuesAt(sequence: number, layer: number, head: number): number {
    return this.keysAt(sequence, layer, head) + this.headSize * this.held(sequence).capacity;
  }

  capacity(sequence: number): number {
    return this.held(sequence).capacity;
  }

  /** @param row keys of all heads, from `from` on */
  setKeys(sequence: number, layer: number, position: number, row: Float32Array, from: number): void {
    const { floats } = this.workspace;
    const { headSize } = this;
    const within = Math.floor(position / panelRows) * panelRows * headSize + (position % panelRows);
    for (let head = 0, i = from; head < this.config.nHead; head++) {
      let to = this.keysAt(sequence, layer, head) + within;
      for (let d = 0; d < headSize; d++, i++, to += panelRows) floats[to] = row[i]!;
    }
  }

  /** @param row values of all heads, from `from` on */
  setValues(sequence: number, layer: number, position: number, row: Float32Array, from: number): void {
    const { floats } = this.workspace;
    const { headSize } = this;
    const stride = panelRows * this.held(sequence).capacity;
    for (let head = 0, i = from; head < this.config.nHead; head++) {
      let to = this.valuesAt(sequence, layer, head) + position * panelRows;
      for (let d = 0; d < headSize; d++, i++) {
        const lane = d % panelRows;
        floats[to + lane] = row[i]!;
        if (lane === panelRows - 1) to += stride;
      }
    }
  }

  /** Makes room for positions 0 … count - 1 of a sequence. */
  ensure(sequence: number, count: number): void {
    const held = this.held(sequence);
    if (count <= held.capacity) return;
    const wanted = Math.min(Math.max(firstCapacity, 2 * held.capacity, count), this.contextLength);
    const capacity = roundUp(wanted, panelRows);
    const larger = { at: this.workspace.allocate(this.floats(capacity)), capacity };
    this.workspace.floats.fill(0, larger.at, larger.at + this.floats(capacity));
    this.move(held, larger, held.capacity);
    this.drop(held);
    this.sequences[sequence] = larger;
  }

  /** Copies the first `length` positions of one sequence to another. */
  copy(from: number, to: number, length: number): void {
    if (from === to || length === 0) return;
    this.ensure(to, length);
    this.move(this.held(from), this.held(to), roundUp(length, panelRows));
  }

  clear(): void {
    this.reserve(0);
  }

  private move(from: Sequence, to: Sequence, length: number): void {
    const { floats } = this.workspace;
    const { headSize, paddedHead } = this;
    for (let layer = 0; layer < this.config.nLayer; layer++)
      for (let head = 0; head < this.config.nHead; head++) {
        let source = from.at + this.blockAt(from.capacity, layer, head);
        let target = to.at + this.blockAt(to.capacity, layer, head);
        floats.copyWithin(target, source, source + length * headSize);
        source += from.capacity * headSize;
        target += to.capacity * headSize;
        for (let d = 0; d < paddedHead; d += panelRows) {
          floats.copyWithin(target, source, source + length * panelRows);
          source += from.capacity * panelRows;
          target += to.capacity * panelRows;
        }
      }
  }

  private blockAt(capacity: number, layer: number, head: number): number {
    return (layer * this.config.nHead + head) * capacity * (this.headSize + this.paddedHead);
  }

  private floats(capacity: number): number {
    return this.blockAt(capacity, this.config.nLayer, 0);
  }

  private drop({ at, capacity }: Sequence): void {
    if (capacity > 0) this.workspace.release(at, this.floats(capacity));
  }

  private held(sequence: number): Sequence {
    return defined(this.sequences[sequence], `sequence ${sequence}`);
  }
}
