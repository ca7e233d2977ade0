import { gapOf, gapScale, massOf, probabilityBits, scaleUp, unitMass } from './fixed-point.ts';

/** Tokens still in the running, ids ascending, with their logits after {@link processLogits}. */
export interface Candidates {
  ids: Uint32Array;
  scores: Float32Array;
}

/** Candidates with their shares of probability; see mass.ts for the units. */
export interface Weighed {
  ids: Uint32Array;
  gaps: Float64Array;
  masses: Float64Array;
  /** Sum of the masses. */
  total: number;
}

/** Every token that is not banned. */
export function candidates(scores: Float32Array): Candidates {
  const ids = new Uint32Array(scores.length);
  for (let id = 0; id < ids.length; id++) ids[id] = id;
  return select({ ids, scores }, (id) => scores[id] !== Number.NEGATIVE_INFINITY);
}

/** The candidates at the places that `keep` names. */
function select(from: Candidates, keep: (place: number) => boolean): Candidates {
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
  // The k greatest so far, in a heap with the least of them on top: most scores are below it and pass by.
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
export function weigh({ ids, scores }: Candidates, temperature: number): Weighed {
  const scale = gapScale(temperature);
  let highest = Number.NEGATIVE_INFINITY;
  for (const score of scores) if (score > highest) highest = score;
  const gaps = new Float64Array(ids.length);
  const masses = new Float64Array(ids.length);
  let total = 0;
  for (let i = 0; i < ids.length; i++) {
    const gap = gapOf(highest, scores[i] as number, scale);
    const mass = massOf(gap);
    gaps[i] = gap;
    masses[i] = mass;
    total += mass;
  }
  return { ids, gaps, masses, total };
}

/** The weighed candidates at the places that `keep` names. */
function retain(from: Weighed, keep: (place: number) => boolean): Weighed {
  const ids = new Uint32Array(from.ids.length);
  const gaps = new Float64Array(from.ids.length);
  const masses = new Float64Array(from.ids.length);
  let count = 0;
  let total = 0;
  for (let i = 0; i < ids.length; i++) {
    if (!keep(i)) continue;
    const mass = from.masses[i] as number;
    ids[count] = from.ids[i] as number;
    gaps[count] = from.gaps[i] as number;
    masses[count++] = mass;
    total += mass;
  }
  return {
    ids: ids.subarray(0, count),
    gaps: gaps.subarray(0, count),
    masses: masses.subarray(0, count),
    total,
  };
}

/** Room for a token's place beside its order in one number. */
const places = 2 ** 20;

/** The smallest set of likeliest tokens with at least p of the mass; lowest ids first among equal gaps. */
export function topP(from: Weighed, p: number): Weighed {
  if (p === 1) return from;
  const target = scaleUp(from.total, probabilityBits(p));
  const order = from.gaps.map((gap, i) => gap * places + i).sort();
  const kept = new Uint8Array(order.length);
  let reached = 0;
  for (const entry of order) {
    if (reached >= target) break;
    kept[entry % places] = 1;
    reached += from.masses[entry % places] as number;
  }
  return retain(from, (i) => kept[i] === 1);
}

/** Tokens at least p times as likely as the likeliest. */
export function minP(from: Weighed, p: number): Weighed {
  if (p === 0) return from;
  const threshold = minimumMass(p);
  return retain(from, (i) => (from.masses[i] as number) >= threshold);
}

/** The smallest mass that min-p keeps. */
export function minimumMass(p: number): number {
  return Math.ceil(p * unitMass);
}

/** The mean gap: the entropy, less the gap of probability 1. A multiple of 2^-24, like gaps. */
export function meanGap({ gaps, masses, total }: Weighed): number {
  let weighted = 0n;
  for (let i = 0; i < gaps.length; i++)
    weighted += BigInt(masses[i] as number) * BigInt(Math.floor((gaps[i] as number) / 2 ** meanShift));
  return Number((weighted << BigInt(meanShift)) / BigInt(total));
}

/** Bits of a gap that its weighted sum leaves out. */
export const meanShift = 6;

/**
 * Tokens whose surprise is nearest to the expected surprise, the smallest set with at least p of the mass,
 * and all that are as near as the last of them.
 */
export function typical(from: Weighed, p: number): Weighed {
  if (p === 1) return from;
  const mean = meanGap(from);
  const distances = from.gaps.map((gap) => Math.abs(gap - mean));
  const target = scaleUp(from.total, probabilityBits(p));
  const order = distances.map((distance, i) => distance * places + i).sort();
  let reached = 0;
  let farthest = 0;
  for (const entry of order) {
    if (reached >= target) break;
    farthest = Math.floor(entry / places);
    reached += from.masses[entry % places] as number;
  }
  return retain(from, (i) => (distances[i] as number) <= farthest);
}
