import { VitrineError } from '../lib/index.ts';
import type { ResolvedSampling, SamplingOptions } from './types.ts';

interface Rule {
  fallback: number;
  allows(value: number): boolean;
  wants: string;
}

const finite = Number.isFinite;
/** Keeps every step of the arithmetic inside f32. */
const most = 1e6;
const mostBias = 1e30;
const moderate = (value: number) => Math.abs(value) <= most;
const naturalOrZero = (value: number) => Number.isInteger(value) && value >= 0 && value <= 0xffffffff;

const rules: Record<Exclude<keyof SamplingOptions, 'logitBias' | 'seed'>, Rule> = {
  temperature: { fallback: 1, allows: (v) => finite(v) && v >= 0, wants: 'a number from 0 (greedy) up' },
  topK: { fallback: 0, allows: naturalOrZero, wants: 'a whole number from 0 (off) up' },
  topP: { fallback: 1, allows: (v) => v > 0 && v <= 1, wants: 'a number above 0 and up to 1 (off)' },
  minP: { fallback: 0, allows: (v) => v >= 0 && v <= 1, wants: 'a number from 0 (off) to 1' },
  typicalP: { fallback: 1, allows: (v) => v > 0 && v <= 1, wants: 'a number above 0 and up to 1 (off)' },
  repetitionPenalty: {
    fallback: 1,
    allows: (v) => v >= 1e-6 && v <= most,
    wants: `a number from 0.000001 to ${most} (1 is off)`,
  },
  frequencyPenalty: { fallback: 0, allows: moderate, wants: `a number from -${most} to ${most} (0 is off)` },
  presencePenalty: { fallback: 0, allows: moderate, wants: `a number from -${most} to ${most} (0 is off)` },
  noRepeatNgramSize: { fallback: 0, allows: naturalOrZero, wants: 'a whole number from 0 (off) up' },
};

/**
 * Checks sampling options and fills in defaults, a random 32-bit seed among them.
 *
 * @param vocabSize refuses bias on tokens the model does not have, when given
 * @throws VitrineError `invalid-argument` naming the option
 */
export function resolveSampling(options: SamplingOptions = {}, vocabSize?: number): ResolvedSampling {
  const resolved = {} as Record<keyof typeof rules, number>;
  for (const [name, rule] of Object.entries(rules) as [keyof typeof rules, Rule][]) {
    const value = options[name] ?? rule.fallback;
    if (typeof value !== 'number' || !rule.allows(value)) throw invalid(name, value, rule.wants);
    resolved[name] = value;
  }
  return {
    ...resolved,
    logitBias: resolveBias(options.logitBias, vocabSize),
    seed: resolveSeed(options.seed),
  };
}

function resolveBias(bias: SamplingOptions['logitBias'], vocabSize: number | undefined) {
  const resolved: Record<number, number> = {};
  for (const [key, value] of Object.entries(bias ?? {})) {
    const id = Number(key);
    if (!naturalOrZero(id) || (vocabSize !== undefined && id >= vocabSize))
      throw invalid('logitBias', key, `token ids from 0 to ${(vocabSize ?? 2 ** 32) - 1} as keys`);
    const ban = value === Number.NEGATIVE_INFINITY;
    if (!ban && !(typeof value === 'number' && Math.abs(value) <= mostBias))
      throw invalid(`logitBias[${key}]`, value, 'a number up to 1e30, or -Infinity to ban the token');
    resolved[id] = value;
  }
  return resolved;
}

function resolveSeed(seed: number | undefined): number {
  if (seed === undefined || seed === null) return crypto.getRandomValues(new Uint32Array(1))[0] as number;
  if (!naturalOrZero(seed)) throw invalid('seed', seed, 'a whole number from 0 to 4294967295');
  return seed;
}

function invalid(name: string, value: unknown, wants: string): VitrineError {
  return new VitrineError('invalid-argument', `${name} is ${String(value)}; pass ${wants}.`);
}

/** True when the likeliest unmodified logit is the answer: nothing to modify and nothing to draw. */
export function isPlainGreedy(sampling: ResolvedSampling): boolean {
  return isGreedy(sampling) && !modifiesLogits(sampling);
}

/** True when nothing is drawn. */
export function isGreedy(sampling: ResolvedSampling): boolean {
  return sampling.temperature === 0;
}

/** True when bias, penalties or n-gram bans change the logits. */
export function modifiesLogits(sampling: ResolvedSampling): boolean {
  return (
    sampling.repetitionPenalty !== 1 ||
    sampling.frequencyPenalty !== 0 ||
    sampling.presencePenalty !== 0 ||
    sampling.noRepeatNgramSize > 0 ||
    Object.keys(sampling.logitBias).length > 0
  );
}
