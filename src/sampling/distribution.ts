import {
  argmax,
  type Candidates,
  candidates,
  minP,
  topK,
  topP,
  typical,
  type Weighed,
  weigh,
} from './filters.ts';
import { scaleDown } from './fixed-point.ts';
import { isGreedy } from './options.ts';
import { processLogits, sanitised } from './processors.ts';
import { createRng } from './rng.ts';
import type { Distribution, ResolvedSampling, SamplingContext } from './types.ts';

/** Runs of ids that lie side by side on the unit interval; see {@link sampleReference}. */
export const drawStride = 256;

/** Candidates after the processors. When everything is banned, bans are lifted: the likeliest logit alone. */
function allowed(logits: Float32Array, context: SamplingContext, sampling: ResolvedSampling): Candidates {
  const some = candidates(processLogits(logits, context, sampling));
  return some.ids.length > 0 ? some : only(logits);
}

function only(logits: Float32Array): Candidates {
  const all = candidates(sanitised(logits));
  const id = all.ids.length > 0 ? argmax(all) : 0;
  return { ids: Uint32Array.of(id), scores: Float32Array.of(0) };
}

function filtered(from: Candidates, sampling: ResolvedSampling): Weighed {
  const weighed = weigh(topK(from, sampling.topK), sampling.temperature);
  return typical(minP(topP(weighed, sampling.topP), sampling.minP), sampling.typicalP);
}

/**
 * The tokens that can come next and their probabilities, which sum to 1: the processors, then temperature, top-k,
 * top-p, min-p and typical-p, each on what the one before it left. At temperature 0 the likeliest token alone.
 */
export function distribution(
  logits: Float32Array,
  context: SamplingContext,
  sampling: ResolvedSampling,
): Distribution {
  const from = allowed(logits, context, sampling);
  if (isGreedy(sampling)) return { ids: Uint32Array.of(argmax(from)), probabilities: Float64Array.of(1) };
  const { ids, masses, total } = filtered(from, sampling);
  return { ids, probabilities: masses.map((mass) => mass / total) };
}

/**
 * Draws the token number `draw` of a sequence. The tokens lie on the unit interval in the order of (id mod 256, id),
 * each as wide as its probability, and the random number points at one.
 */
export function sampleReference(
  logits: Float32Array,
  context: SamplingContext,
  sampling: ResolvedSampling,
  { sequence, draw }: { sequence: number; draw: number },
): number {
  const from = allowed(logits, context, sampling);
  if (isGreedy(sampling)) return argmax(from);
  return pick(filtered(from, sampling), createRng(sampling.seed).bits(sequence, draw));
}

/** The candidate that a random number below 2^32 points at. */
function pick({ ids, masses, total }: Weighed, bits: number): number {
  const sums = new Float64Array(drawStride);
  for (let i = 0; i < ids.length; i++) {
    const lane = (ids[i] as number) % drawStride;
    sums[lane] = (sums[lane] as number) + (masses[i] as number);
  }
  let rest = scaleDown(total, bits);
  let lane = 0;
  while (rest >= (sums[lane] as number)) rest -= sums[lane++] as number;
  for (let i = 0; ; i++) {
    const id = ids[i] as number;
    if (id % drawStride !== lane) continue;
    if (rest < (masses[i] as number)) return id;
    rest -= masses[i] as number;
  }
}

/** Names of the steps, in order. */
export const stepNames = ['raw', 'processors', 'temperature', 'topK', 'topP', 'minP', 'typicalP'] as const;
export type StepName = (typeof stepNames)[number];

/** The distribution as it stands after one step. */
export interface DistributionStep {
  step: StepName;
  /** Probability of every token, [V]; 0 for what is banned or cut. */
  probabilities: Float64Array;
  /** Tokens still in the running. */
  kept: number;
}

/**
 * What each step does to the probabilities, for looking at. Every step is there, also one that changes nothing;
 * at temperature 0 all probability goes to one token from 'temperature' on.
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
    spread('raw', weigh(raw.ids.length > 0 ? raw : from, 1), size),
    spread('processors', weigh(from, 1), size),
  ];
  const greedy = isGreedy(sampling);
  const start = greedy ? { ids: Uint32Array.of(argmax(from)), scores: Float32Array.of(0) } : from;
  const temperature = greedy ? 1 : sampling.temperature;
  steps.push(spread('temperature', weigh(start, temperature), size));
  const afterTopK = weigh(topK(start, sampling.topK), temperature);
  const afterTopP = topP(afterTopK, sampling.topP);
  const afterMinP = minP(afterTopP, sampling.minP);
  steps.push(
    spread('topK', afterTopK, size),
    spread('topP', afterTopP, size),
    spread('minP', afterMinP, size),
  );
  steps.push(spread('typicalP', typical(afterMinP, sampling.typicalP), size));
  return steps;
}

function spread(step: StepName, { ids, masses, total }: Weighed, size: number): DistributionStep {
  const probabilities = new Float64Array(size);
  for (let i = 0; i < ids.length; i++) probabilities[ids[i] as number] = (masses[i] as number) / total;
  return { step, probabilities, kept: ids.length };
}
