import { defined } from '../../lib/index.ts';
import type { GPT2Config } from '../../model/index.ts';
import { allocateFloats } from './packed-matrix.ts';

/** Keys and values of one sequence, [layer] of [positions, E] each. */
interface Sequence {
  keys: Float32Array[];
  values: Float32Array[];
  capacity: number;
}

const firstCapacity = 64;

/** The KV cache: memory grows with the positions used, up to the context. */
export class CpuCache {
  private sequences: Sequence[] = [];

  constructor(
    private readonly config: GPT2Config,
    private readonly contextLength: number,
  ) {
    this.reserve(1);
  }

  /** Makes this many sequences; those that stay keep what they hold. */
  reserve(sequences: number): void {
    this.sequences.length = Math.min(sequences, this.sequences.length);
    while (this.sequences.length < sequences) this.sequences.push({ keys: [], values: [], capacity: 0 });
  }

  get size(): number {
    return this.sequences.length;
  }

  /** Bytes held. */
  get bytes(): number {
    const positions = this.sequences.reduce((sum, { capacity }) => sum + capacity, 0);
    return positions * this.config.nLayer * this.config.nEmbd * 2 * 4;
  }

  keys(sequence: number, layer: number): Float32Array {
    return defined(this.sequences[sequence]?.keys[layer], 'keys');
  }

  values(sequence: number, layer: number): Float32Array {
    return defined(this.sequences[sequence]?.values[layer], 'values');
  }

  /** Makes room for positions 0 … count - 1 of a sequence. */
  ensure(sequence: number, count: number): void {
    const held = defined(this.sequences[sequence], `sequence ${sequence}`);
    if (count <= held.capacity) return;
    const wanted = Math.max(firstCapacity, 2 * held.capacity, count);
    held.capacity = Math.min(wanted, this.contextLength);
    const { nLayer, nEmbd } = this.config;
    for (let layer = 0; layer < nLayer; layer++) {
      held.keys[layer] = grown(held.keys[layer], held.capacity * nEmbd);
      held.values[layer] = grown(held.values[layer], held.capacity * nEmbd);
    }
  }

  /** Copies the first `length` positions of one sequence to another. */
  copy(from: number, to: number, length: number): void {
    if (from === to || length === 0) return;
    this.ensure(to, length);
    const { nLayer, nEmbd } = this.config;
    for (let layer = 0; layer < nLayer; layer++) {
      this.keys(to, layer).set(this.keys(from, layer).subarray(0, length * nEmbd));
      this.values(to, layer).set(this.values(from, layer).subarray(0, length * nEmbd));
    }
  }

  clear(): void {
    this.sequences = [];
  }
}

function grown(old: Float32Array | undefined, length: number): Float32Array {
  const larger = allocateFloats(length);
  if (old) larger.set(old);
  return larger;
}
