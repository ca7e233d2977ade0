import { maskTokens } from './automaton.ts';
import { penaliseDry } from './dry.ts';
import { modifiesFirst, modifiesLogits } from './resolve.ts';
import type { ResolvedSampling, SamplingContext } from './types.ts';

/** Logits are clamped to this, so that differences stay finite. */
const logitLimit = 1e30;
const smallestNormal = 2 ** -126;
const banned = Number.NEGATIVE_INFINITY;

/**
 * A logit as the samplers use it: NaN and -Infinity are bans, other values are clamped to ±1e30, and values that f32
 * arithmetic may flush to zero (denormals, negative zero) are zero.
 */
export function sanitise(logit: number): number {
  if (Number.isNaN(logit) || logit === banned) return banned;
  if (Math.abs(logit) < smallestNormal) return 0;
  return Math.min(logitLimit, Math.max(-logitLimit, logit));
}

/** A copy with every logit {@link sanitise}d. */
export function sanitised(logits: Float32Array): Float32Array {
  const scores = new Float32Array(logits.length);
  for (let id = 0; id < logits.length; id++) scores[id] = sanitise(logits[id] as number);
  return scores;
}

/** Logits after the constraint's mask and DRY, in this order. `logits` [V] is not modified. */
export function processFirst(
  logits: Float32Array,
  context: SamplingContext,
  sampling: ResolvedSampling,
): Float32Array {
  if (!modifiesFirst(sampling)) return logits;
  const scores = sanitised(logits);
  maskTokens(scores, sampling.automaton, context.automatonState);
  penaliseDry(scores, context.ids, sampling);
  return scores;
}

/**
 * Logits after bias, repetition penalty, n-gram bans, and frequency and presence penalties, in this order, every step
 * rounded to f32. Banned tokens get -Infinity. `logits` [V] is not modified.
 */
export function processLogits(
  logits: Float32Array,
  context: SamplingContext,
  sampling: ResolvedSampling,
): Float32Array {
  const scores = sanitised(logits);
  addBias(scores, sampling.logitBias);
  penaliseRepetition(scores, context.ids, sampling.repetitionPenalty);
  banNgrams(scores, context.ids, sampling.noRepeatNgramSize);
  penaliseGenerated(scores, context, sampling);
  return modifiesLogits(sampling) ? sanitised(scores) : scores;
}

/** A context may hold ids that the head does not score. */
function inside(scores: Float32Array, id: number): boolean {
  return id >= 0 && id < scores.length;
}

function addBias(scores: Float32Array, bias: Readonly<Record<number, number>>): void {
  for (const [key, value] of Object.entries(bias)) {
    const id = Number(key);
    if (inside(scores, id)) scores[id] = (scores[id] as number) + Math.fround(value);
  }
}

function penaliseRepetition(scores: Float32Array, ids: readonly number[], penalty: number): void {
  if (penalty === 1) return;
  const down = Math.fround(penalty);
  const up = Math.fround(1 / penalty);
  for (const id of new Set(ids)) {
    if (!inside(scores, id)) continue;
    const score = scores[id] as number;
    scores[id] = score < 0 ? score * down : score * up;
  }
}

/** Bans every token that followed an earlier occurrence of the last size - 1 tokens. */
function banNgrams(scores: Float32Array, ids: readonly number[], size: number): void {
  if (size === 0) return;
  const prefix = ids.length - (size - 1);
  for (let start = 0; start + size <= ids.length; start++) {
    let same = true;
    for (let i = 0; same && i < size - 1; i++) same = ids[start + i] === ids[prefix + i];
    const id = ids[start + size - 1] as number;
    if (same && inside(scores, id)) scores[id] = banned;
  }
}

function penaliseGenerated(
  scores: Float32Array,
  { ids, promptLength }: SamplingContext,
  { frequencyPenalty, presencePenalty }: ResolvedSampling,
): void {
  if (frequencyPenalty === 0 && presencePenalty === 0) return;
  const tokenCounts = new Map<number, number>();
  for (let i = promptLength; i < ids.length; i++)
    tokenCounts.set(ids[i] as number, (tokenCounts.get(ids[i] as number) ?? 0) + 1);
  for (const [id, count] of tokenCounts) {
    if (!inside(scores, id)) continue;
    const frequency = Math.fround(Math.fround(frequencyPenalty) * count);
    scores[id] = Math.fround((scores[id] as number) - frequency) - Math.fround(presencePenalty);
  }
}
