import type { Rows } from './cpu-panels.ts';
import type { CpuNorm } from './cpu-weights.ts';

/** output[t] = layer norm of x[t], E wide; output rows are E apart. */
export function layerNormRows(x: Rows, norm: CpuNorm, epsilon: number, output: Float32Array): void {
  const E = norm.weight.length;
  for (let t = 0; t < x.count; t++) {
    const from = t * x.stride;
    let sum = 0;
    for (let i = 0; i < E; i++) sum += x.values[from + i]!;
    const mean = sum / E;
    let squares = 0;
    for (let i = 0; i < E; i++) {
      const difference = x.values[from + i]! - mean;
      squares += difference * difference;
    }
    const scale = 1 / Math.sqrt(squares / E + epsilon);
    for (let i = 0; i < E; i++)
      output[t * E + i] = (x.values[from + i]! - mean) * scale * norm.weight[i]! + norm.bias[i]!;
  }
}

/** Adds the bias to `count` rows, `stride` apart. */
export function addBias(rows: Rows, bias: Float32Array): void {
  for (let t = 0; t < rows.count; t++) {
    const at = t * rows.stride;
    for (let i = 0; i < bias.length; i++) rows.values[at + i]! += bias[i]!;
  }
}

/** x[t] += y[t] + bias, as wide as the bias. */
export function addTo(x: Rows, y: Rows, bias: Float32Array): void {
  for (let t = 0; t < x.count; t++) {
    const to = t * x.stride;
    const from = t * y.stride;
    for (let i = 0; i < bias.length; i++) x.values[to + i]! += y.values[from + i]! + bias[i]!;
  }
}

/** y[t] = act(y[t] + bias), as wide as the bias. */
export function activateRows(y: Rows, bias: Float32Array, act: (x: number) => number): void {
  for (let t = 0; t < y.count; t++) {
    const at = t * y.stride;
    for (let i = 0; i < bias.length; i++) y.values[at + i] = act(y.values[at + i]! + bias[i]!);
  }
}

export interface AttentionInput {
  /** One row's query, NH · HS floats from `at`. */
  query: Float32Array;
  at: number;
  /** [positions, E] of the row's sequence. */
  keys: Float32Array;
  values: Float32Array;
  /** Positions it sees: its own and all before. */
  length: number;
  heads: number;
  headSize: number;
  scale: number;
}

/**
 * Attention of one row: softmax(q kᵀ · scale) v of every head, to output[to …].
 *
 * @param weights room for `length` numbers
 * @param look called with each head's weights while they stand there
 */
export function attendRow(
  input: AttentionInput,
  output: Float32Array,
  to: number,
  weights: Float64Array,
  look?: (head: number) => void,
): void {
  const { heads, headSize } = input;
  const sums = new Float64Array(headSize);
  for (let head = 0; head < heads; head++) {
    scoreHead(input, head, weights);
    look?.(head);
    sums.fill(0);
    const E = heads * headSize;
    for (let j = 0; j < input.length; j++) {
      const weight = weights[j]!;
      const from = j * E + head * headSize;
      for (let d = 0; d < headSize; d++) sums[d]! += weight * input.values[from + d]!;
    }
    output.set(sums, to + head * headSize);
  }
}

/** The weights of one head: they sum to 1. */
function scoreHead(input: AttentionInput, head: number, weights: Float64Array): void {
  const { query, keys, length, heads, headSize, scale } = input;
  const q = input.at + head * headSize;
  let top = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < length; j++) {
    const k = (j * heads + head) * headSize;
    let sum = 0;
    for (let d = 0; d < headSize; d++) sum += query[q + d]! * keys[k + d]!;
    const score = sum * scale;
    weights[j] = score;
    if (score > top) top = score;
  }
  let sum = 0;
  for (let j = 0; j < length; j++) {
    const weight = Math.exp(weights[j]! - top);
    weights[j] = weight;
    sum += weight;
  }
  for (let j = 0; j < length; j++) weights[j]! /= sum;
}
