import type { Rows } from './packed-matrix.ts';
import type { CpuNorm } from './weights.ts';

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

/** x[t] += y[t], `width` numbers of each; returns x. */
export function addRows(x: Rows, y: Rows, width: number): Rows {
  for (let t = 0; t < x.count; t++) {
    const to = t * x.stride;
    const from = t * y.stride;
    for (let i = 0; i < width; i++) x.values[to + i]! += y.values[from + i]!;
  }
  return x;
}

/** x[t] = act(x[t]), `width` numbers of each; returns x. */
export function activateRows(x: Rows, width: number, act: (x: number) => number): Rows {
  for (let t = 0; t < x.count; t++) {
    const at = t * x.stride;
    for (let i = 0; i < width; i++) x.values[at + i] = act(x.values[at + i]!);
  }
  return x;
}

/** One head's query and the keys it is compared with, [positions, NH · HS]. */
export interface ScoreInput {
  query: Float32Array;
  /** Offset of the head's query. */
  at: number;
  keys: Float32Array;
  head: number;
  heads: number;
  headSize: number;
  /** Positions the query sees: its own and all before. */
  length: number;
  scale: number;
}

/** q · k of every position, four positions at a time so that each q is read once for them. */
export function scoreHead(input: ScoreInput, weights: Float64Array): void {
  const { query, at: q, keys, head, length, heads, headSize, scale } = input;
  const E = heads * headSize;
  let j = 0;
  for (; j + 4 <= length; j += 4) {
    const k = j * E + head * headSize;
    let [s0, s1, s2, s3] = [0, 0, 0, 0];
    for (let d = 0; d < headSize; d++) {
      const value = query[q + d]!;
      s0 += value * keys[k + d]!;
      s1 += value * keys[k + E + d]!;
      s2 += value * keys[k + 2 * E + d]!;
      s3 += value * keys[k + 3 * E + d]!;
    }
    weights[j] = s0 * scale;
    weights[j + 1] = s1 * scale;
    weights[j + 2] = s2 * scale;
    weights[j + 3] = s3 * scale;
  }
  for (; j < length; j++) {
    const k = j * E + head * headSize;
    let sum = 0;
    for (let d = 0; d < headSize; d++) sum += query[q + d]! * keys[k + d]!;
    weights[j] = sum * scale;
  }
}

export function softmax(weights: Float64Array, length: number): void {
  let top = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < length; j++) if (weights[j]! > top) top = weights[j]!;
  let sum = 0;
  for (let j = 0; j < length; j++) sum += weights[j] = Math.exp(weights[j]! - top);
  for (let j = 0; j < length; j++) weights[j]! /= sum;
}

/** One head's weights of the positions it sees, and the values of all, [positions, NH · HS]. */
export interface SumInput {
  weights: Float32Array;
  values: Float32Array;
  head: number;
  heads: number;
  headSize: number;
}

/** Values of all positions by their weights, four positions at a time so that each sum is touched once for them. */
export function sumValues(input: SumInput, sums: Float64Array): void {
  const { weights, values, head, heads, headSize } = input;
  const { length } = weights;
  const E = heads * headSize;
  sums.fill(0);
  let j = 0;
  for (; j + 4 <= length; j += 4) {
    const v = j * E + head * headSize;
    const [w0, w1, w2, w3] = [weights[j]!, weights[j + 1]!, weights[j + 2]!, weights[j + 3]!];
    for (let d = 0; d < headSize; d++)
      sums[d]! +=
        w0 * values[v + d]! +
        w1 * values[v + E + d]! +
        w2 * values[v + 2 * E + d]! +
        w3 * values[v + 3 * E + d]!;
  }
  for (; j < length; j++) {
    const v = j * E + head * headSize;
    for (let d = 0; d < headSize; d++) sums[d]! += weights[j]! * values[v + d]!;
  }
}
