import {
  distanceScale,
  fixedPointWeight,
  log2Distance,
  probabilityBits,
  scaleUp,
  unitWeight,
} from './fixed-point.ts';

/** Tokens that can still be drawn, ids ascending, with their logits after {@link processLogits}. */
export interface Candidates {
  ids: Uint32Array;
  scores: Float32Array;
}

/** Candidates with their shares of probability; see fixed-point.ts for the units. */
export interface WeightedCandidates {
  ids: Uint32Array;
  distances: Float64Array;
  weights: Float64Array;
  /** Sum of the weights. */
  total: number;
}

/** Every token that is not banned. */
export function candidates(scores: Float32Array): Candidates {
  const ids = new Uint32Array(scores.length);
  for (let id = 0; id < ids.length; id++) ids[id] = id;
  return select({ ids, scores }, (id) => scores[id] !== Number.NEGATIVE_INFINITY);
}

/** The candidates at the indices that `keep` accepts. */
export function select(from: Candidates, keep: (index: number) => boolean): Candidates {
  const ids = new Uint32Array(from.ids.length);
  const scores = new Float32Array(from.ids.length);
  let count = 0;
  for (let i = 0; i < ids.length; i++) {
    if (!keep(i)) continue;
    ids[count] = from.ids[i] as number;
    scores[count++] = from.scores[i] as number;
  }
  return { ids: ids.subarray(0, count), scores: scores.subarray(0, count) };
}

/** The likeliest token; the lowest id among equals. At least one candidate. */
export function argmax({ ids, scores }: Candidates): number {
  let best = 0;
  for (let i = 1; i < ids.length; i++) if ((scores[i] as number) > (scores[best] as number)) best = i;
  return ids[best] as number;
}

/** The k likeliest and all equals of the k-th. */
export function topK(from: Candidates, k: number): Candidates {
  if (k === 0 || k >= from.ids.length) return from;
  const threshold = greatest(from.scores, k);
  return select(from, (i) => (from.scores[i] as number) >= threshold);
}

/** The k-th greatest score, 1 ≤ k ≤ their number. */
function greatest(scores: Float32Array, k: number): number {
  // A min-heap of the k greatest so far. Most scores are below its top and are skipped.
  const heap = scores.slice(0, k).sort();
  for (let i = k; i < scores.length; i++) {
    const score = scores[i] as number;
    if (score > (heap[0] as number)) replaceTop(heap, score);
  }
  return heap[0] as number;
}

function replaceTop(heap: Float32Array, value: number): void {
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && (heap[child + 1] as number) < (heap[child] as number)) child++;
    if ((heap[child] as number) >= value) break;
    heap[at] = heap[child] as number;
    at = child;
  }
  heap[at] = value;
}

/** Probabilities at a temperature above 0. At least one candidate. */
export function softmax(
  { ids, scores }: Candidates,
  temperature: number,
  scale = distanceScale(temperature),
): WeightedCandidates {
  let highest = Number.NEGATIVE_INFINITY;
  for (const score of scores) if (score > highest) highest = score;
  const distances = new Float64Array(ids.length);
  const weights = new Float64Array(ids.length);
  let total = 0;
  for (let i = 0; i < ids.length; i++) {
    const distance = log2Distance(highest, scores[i] as number, scale);
    const weight = fixedPointWeight(distance);
    distances[i] = distance;
    weights[i] = weight;
    total += weight;
  }
  return { ids, distances, weights, total };
}

/** The weighted candidates at the indices that `keep` accepts. */
export function retain(from: WeightedCandidates, keep: (index: number) => boolean): WeightedCandidates {
  const ids = new Uint32Array(from.ids.length);
  const distances = new Float64Array(from.ids.length);
  const weights = new Float64Array(from.ids.length);
  let count = 0;
  let total = 0;
  for (let i = 0; i < ids.length; i++) {
    if (!keep(i)) continue;
    const weight = from.weights[i] as number;
    ids[count] = from.ids[i] as number;
    distances[count] = from.distances[i] as number;
    weights[count++] = weight;
    total += weight;
  }
  return {
    ids: ids.subarray(0, count),
    distances: distances.subarray(0, count),
    weights: weights.subarray(0, count),
    total,
  };
}

/** Packs a sort key and an index into one number: key * indexRange + index. */
const indexRange = 2 ** 20;

/**
 * The smallest set of likeliest tokens with at least the share p of the weight, to 2^-20; the highest ids first among
 * equals. Both as in transformers, which removes tokens from the bottom up, in the order of their ids among equals, while
 * the sum of what it removed is not above 1 - p.
 */
export function topP(from: WeightedCandidates, p: number): WeightedCandidates {
  if (p === 1) return from;
  const target = scaleUp(from.total, topPBits(p));
  const last = from.ids.length - 1;
  const order = from.distances.map((distance, i) => distance * indexRange + last - i).sort();
  const kept = new Uint8Array(order.length);
  let reached = 0;
  for (const entry of order) {
    if (reached >= target) break;
    const i = last - (entry % indexRange);
    kept[i] = 1;
    reached += from.weights[i] as number;
  }
  return retain(from, (i) => kept[i] === 1);
}

/** Rounding of the weights, and of other tools' sums, must not decide where a sum is exactly the share asked for. */
const topPSlack = 2 ** 12;

/** The share that top-p asks for, as a multiple of 2^-32. */
export function topPBits(p: number): number {
  return Math.max(1, probabilityBits(p) - topPSlack);
}

/** Tokens at least p times as likely as the likeliest. */
export function minP(from: WeightedCandidates, p: number): WeightedCandidates {
  if (p === 0) return from;
  const threshold = minimumWeight(p);
  return retain(from, (i) => (from.weights[i] as number) >= threshold);
}

/** The smallest weight that min-p keeps. */
export function minimumWeight(p: number): number {
  return Math.ceil(p * unitWeight);
}

/** The mean distance: the entropy, less the distance of probability 1. A multiple of 2^-24, like distances. */
export function meanDistance({ distances, weights, total }: WeightedCandidates): number {
  let weighted = 0n;
  for (let i = 0; i < distances.length; i++)
    weighted += BigInt(weights[i] as number) * BigInt(Math.floor((distances[i] as number) / 2 ** meanShift));
  return Number((weighted << BigInt(meanShift)) / BigInt(total));
}

/** Low bits of a distance that its weighted sum drops. */
export const meanShift = 6;

/**
 * Tokens whose surprise is nearest to the expected surprise: the smallest set with at least the share p of the weight,
 * and all that are as near as the last of them.
 */
export function typical(from: WeightedCandidates, p: number): WeightedCandidates {
  if (p === 1) return from;
  const mean = meanDistance(from);
  const deviations = from.distances.map((distance) => Math.abs(distance - mean));
  const target = scaleUp(from.total, probabilityBits(p));
  const order = deviations.map((deviation, i) => deviation * indexRange + i).sort();
  let reached = 0;
  let farthest = 0;
  for (const entry of order) {
    if (reached >= target) break;
    farthest = Math.floor(entry / indexRange);
    reached += from.weights[entry % indexRange] as number;
  }
  return retain(from, (i) => (deviations[i] as number) <= farthest);
}
