/** Samplers that look at a statistic of all candidates, in whole numbers: the same on any device. */
import type { Candidates, WeightedCandidates } from './filters.ts';
import { meanDistance, retain, select, softmax } from './filters.ts';
import {
  distanceBits,
  exponentialShare,
  fixedPointWeight,
  log2Fixed,
  maxDistance,
  weightBits,
} from './fixed-point.ts';
import type { ResolvedSampling } from './types.ts';

/** Units of a logit's distance from the highest, for the standard deviation: 2^-12, up to 2^12. */
export const deviationScale = 2 ** 12;
export const mostDeviation = 2 ** 24 - 1;
/** Mirostat's limit stays within this many bits. */
export const mostSurprise = 64;

const one = 2 ** distanceBits;

/** Tokens whose logit is at most n standard deviations below the highest. */
export function topNSigma(from: Candidates, n: number): Candidates {
  if (n === 0) return from;
  const deviations = from.scores.map(deviationFrom(from.scores));
  const limit = sigmaLimit(deviations, n);
  return select(from, (i) => (deviations[i] as number) <= limit);
}

function deviationFrom(scores: Float32Array): (score: number) => number {
  const highest = scores.reduce((left, right) => Math.max(left, right), Number.NEGATIVE_INFINITY);
  return (score) => Math.min(mostDeviation, Math.floor(Math.fround(highest - score) * deviationScale));
}

/** n standard deviations, in units of a deviation. */
function sigmaLimit(deviations: Float32Array, n: number): number {
  let sum = 0n;
  for (const deviation of deviations) sum += BigInt(deviation);
  const count = BigInt(deviations.length);
  const mean = sum / count;
  let squares = 0n;
  for (const deviation of deviations) squares += (BigInt(deviation) - mean) ** 2n;
  const sigma = squareRoot((squares / count) << 16n);
  return Number((sigma * BigInt(sigmaBits(n))) >> 24n);
}

/** n in units of 2^-16. */
export function sigmaBits(n: number): number {
  return Math.round(n * 2 ** 16);
}

/** floor(sqrt(value)) below 2^32, a bit at a time. */
function squareRoot(value: bigint): bigint {
  let root = 0n;
  for (let bit = 31n; bit >= 0n; bit--) {
    const tried = root | (1n << bit);
    if (tried * tried <= value) root = tried;
  }
  return root;
}

/**
 * What multiplies a logit's difference into a distance under dynamic temperature:
 * temperature - range + 2 * range * (entropy / greatest entropy) ^ exponent, not below 0. Undefined where it is off or
 * one candidate alone is left.
 */
export function dynamicScale(
  from: Candidates,
  { temperature, dynatempRange, dynatempExponent }: ResolvedSampling,
): number | undefined {
  if (dynatempRange === 0 || from.ids.length < 2) return undefined;
  const share = raised(entropyShare(softmax(from, 1)), exponentBits(dynatempExponent));
  const { lowest, span } = dynamicBounds(temperature, dynatempRange);
  return scaleOf(Math.fround(lowest + Math.fround(span * Math.fround(share / one))));
}

/** The range of a dynamic temperature, as f32. */
export function dynamicBounds(temperature: number, range: number): { lowest: number; span: number } {
  const lowest = Math.max(0, temperature - range);
  return { lowest: Math.fround(lowest), span: Math.fround(temperature + range - lowest) };
}

/** An exponent in units of 2^-16. */
export function exponentBits(exponent: number): number {
  return Math.max(1, Math.round(exponent * 2 ** 16));
}

/** Entropy over its maximum, the logarithm of how many there are, as a multiple of 2^-24 up to 1. */
function entropyShare(candidates: WeightedCandidates): number {
  const entropy = meanDistance(candidates) + totalDistance(candidates.total);
  const greatest = log2Fixed(candidates.ids.length);
  return Math.min(one, Number((BigInt(Math.max(0, entropy)) << BigInt(distanceBits)) / BigInt(greatest)));
}

/** How far the likeliest token is from probability 1, as a distance. */
function totalDistance(total: number): number {
  return log2Fixed(total) - weightBits * one;
}

/** share ^ (exponent / 2^16), for a share in multiples of 2^-24. */
function raised(share: number, exponent: number): number {
  if (share === 0 || exponent === 2 ** 16) return share;
  const distance = distanceBits * one - log2Fixed(share);
  const scaled = Number((BigInt(distance) * BigInt(exponent)) >> 16n);
  return exponentialShare(fixedPointWeight(Math.min(maxDistance, scaled)));
}

export const lowestTemperature = 2 ** -26;
/** log2(e) in 24 bits. */
export const log2eBits = Math.round(Math.LOG2E * 2 ** 23);

/** log2(e) / temperature at 2^-24 a unit, from the temperature's own mantissa: no division of f32, which devices round differently. */
function scaleOf(temperature: number): number {
  const within = Math.max(lowestTemperature, temperature);
  const [bits = 0] = new Uint32Array(Float32Array.of(within).buffer);
  const exponent = (bits >>> 23) - 127;
  const mantissa = within * 2 ** (23 - exponent);
  const quotient = Number((BigInt(log2eBits) << 23n) / BigInt(mantissa));
  return quotient * 2 ** (1 - exponent);
}

/** Mirostat 2.0: tokens whose surprise, in bits, is at most mu; at least the likeliest. */
export function mirostat(from: WeightedCandidates, mu: number | undefined): WeightedCandidates {
  if (mu === undefined) return from;
  const least = from.distances.reduce((left, right) => Math.min(left, right), maxDistance);
  const limit = Math.max(least, Math.floor(mu * one) - totalDistance(from.total));
  return retain(from, (i) => (from.distances[i] as number) <= limit);
}

/** Mirostat's limit before the first token; undefined where it is off. */
export function firstMu({ mirostatTau }: ResolvedSampling): number | undefined {
  return mirostatTau > 0 ? clampMu(Math.fround(2 * mirostatTau)) : undefined;
}

export const bitsPerNat = Math.fround(Math.LOG2E);

/** Mirostat's limit after a token of this log-probability under the unmodified logits; every step rounded to f32. */
export function nextMu(
  mu: number,
  logprob: number,
  { mirostatTau, mirostatEta }: Pick<ResolvedSampling, 'mirostatTau' | 'mirostatEta'>,
): number {
  const surprise = Math.min(mostSurprise, Math.fround(-Math.fround(logprob) * bitsPerNat));
  const error = Math.fround(surprise - Math.fround(mirostatTau));
  return clampMu(Math.fround(mu - Math.fround(Math.fround(mirostatEta) * error)));
}

function clampMu(mu: number): number {
  return Math.min(mostSurprise, Math.max(-mostSurprise, mu));
}
