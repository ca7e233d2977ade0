import {
  argmax,
  type Candidates,
  candidates,
  minP,
  softmax,
  topK,
  topP,
  typical,
  type WeightedCandidates,
} from './filters.ts';
import { distanceScale, scaleDown } from './fixed-point.ts';
import { processFirst, processLogits, sanitised } from './processors.ts';
import { isGreedy } from './resolve.ts';
import { createRng } from './rng.ts';
import { dynamicScale, firstMu, mirostat, topNSigma } from './statistics.ts';
import type { Distribution, ResolvedSampling, SamplingContext } from './types.ts';

/** Ids with the same remainder lie side by side on the unit interval; see {@link sampleReference}. */
export const drawStride = 256;

/** The logits that a choice may look at. */
export function drawableLogits(logits: Float32Array, { drawable }: ResolvedSampling): Float32Array {
  return logits.subarray(0, drawable);
}

/**
 * Candidates after the processors. If everything is banned, bans are lifted, the constraint's aside: the likeliest token
 * alone remains.
 */
function allowed(all: Float32Array, context: SamplingContext, sampling: ResolvedSampling): Candidates {
  const logits = processFirst(drawableLogits(all, sampling), context, sampling);
  const some = candidates(processLogits(logits, context, sampling));
  return some.ids.length > 0 ? some : only(logits);
}

function only(logits: Float32Array): Candidates {
  const all = candidates(sanitised(logits));
  const id = all.ids.length > 0 ? argmax(all) : 0;
  return { ids: Uint32Array.of(id), scores: Float32Array.of(0) };
}

/** What is left after each filter, by its name. */
function filters(from: Candidates, context: SamplingContext, sampling: ResolvedSampling) {
  const afterSigma = topNSigma(from, sampling.topNSigma);
  const scale = dynamicScale(afterSigma, sampling) ?? distanceScale(sampling.temperature);
  const weigh = (candidates: Candidates) => softmax(candidates, sampling.temperature, scale);
  const afterTopK = weigh(topK(afterSigma, sampling.topK));
  const afterTopP = topP(afterTopK, sampling.topP);
  const afterMinP = minP(afterTopP, sampling.minP);
  const afterTypical = typical(afterMinP, sampling.typicalP);
  const first = firstMu(sampling);
  const mu = first === undefined ? undefined : (context.mirostatMu ?? first);
  return {
    ...{
      topNSigma: softmax(afterSigma, 1),
      temperature: weigh(afterSigma),
      topK: afterTopK,
      topP: afterTopP,
    },
    ...{ minP: afterMinP, typicalP: afterTypical, mirostat: mirostat(afterTypical, mu) },
  };
}

function filtered(from: Candidates, context: SamplingContext, sampling: ResolvedSampling) {
  return filters(from, context, sampling).mirostat;
}

/**
 * The tokens that can come next and their probabilities, which sum to 1. Applies the processors, then top-n-sigma,
 * temperature, top-k, top-p, min-p, typical-p and mirostat, each to the result of the one before. At temperature 0 the
 * likeliest token alone.
 */
export function distribution(
  logits: Float32Array,
  context: SamplingContext,
  sampling: ResolvedSampling,
): Distribution {
  const from = allowed(logits, context, sampling);
  if (isGreedy(sampling)) return { ids: Uint32Array.of(argmax(from)), probabilities: Float64Array.of(1) };
  const { ids, weights, total } = filtered(from, context, sampling);
  return { ids, probabilities: weights.map((weight) => weight / total) };
}

/**
 * Draws token number `draw` of a sequence. The tokens lie on the unit interval in the order of (id mod 256, id), each as
 * wide as its probability; the random number selects one.
 */
export function sampleReference(
  logits: Float32Array,
  context: SamplingContext,
  sampling: ResolvedSampling,
  { sequence, draw }: { sequence: number; draw: number },
): number {
  const from = allowed(logits, context, sampling);
  if (isGreedy(sampling)) return argmax(from);
  return pick(filtered(from, context, sampling), createRng(sampling.seed).bits(sequence, draw));
}

/** The candidate that a random number below 2^32 selects. */
function pick({ ids, weights, total }: WeightedCandidates, bits: number): number {
  const sums = new Float64Array(drawStride);
  for (let i = 0; i < ids.length; i++) {
    const lane = (ids[i] as number) % drawStride;
    sums[lane] = (sums[lane] as number) + (weights[i] as number);
  }
  let rest = scaleDown(total, bits);
  let lane = 0;
  while (rest >= (sums[lane] as number)) rest -= sums[lane++] as number;
  for (let i = 0; ; i++) {
    const id = ids[i] as number;
    if (id % drawStride !== lane) continue;
    if (rest < (weights[i] as number)) return id;
    rest -= weights[i] as number;
  }
}

/** Names of the steps, in order. */
export const stepNames = [
  'raw',
  'processors',
  'topNSigma',
  'temperature',
  'topK',
  'topP',
  'minP',
  'typicalP',
  'mirostat',
] as const;
export type StepName = (typeof stepNames)[number];

/** The distribution after one step. */
export interface DistributionStep {
  step: StepName;
  /** Probability of every token, [V]; 0 if it is banned or filtered out. */
  probabilities: Float64Array;
  /** Tokens that remain. */
  kept: number;
}

/**
 * The probabilities after each step, for display. Every step is included, also one that changes nothing; at temperature 0
 * one token has all probability from 'temperature' on. Rows without a token have a probability in 'raw' alone.
 */
export function distributionSteps(
  logits: Float32Array,
  context: SamplingContext,
  sampling: ResolvedSampling,
): DistributionStep[] {
  const size = logits.length;
  const raw = candidates(sanitised(logits));
  const from = allowed(logits, context, sampling);
  const steps = [
    spread('raw', softmax(raw.ids.length > 0 ? raw : from, 1), size),
    spread('processors', softmax(from, 1), size),
  ];
  const greedy = isGreedy(sampling);
  const start = greedy ? { ids: Uint32Array.of(argmax(from)), scores: Float32Array.of(0) } : from;
  const after = filters(start, context, greedy ? { ...sampling, temperature: 1 } : sampling);
  for (const name of stepNames)
    if (name !== 'raw' && name !== 'processors') steps.push(spread(name, after[name], size));
  return steps;
}

function spread(step: StepName, { ids, weights, total }: WeightedCandidates, size: number): DistributionStep {
  const probabilities = new Float64Array(size);
  for (let i = 0; i < ids.length; i++) probabilities[ids[i] as number] = (weights[i] as number) / total;
  return { step, probabilities, kept: ids.length };
}
