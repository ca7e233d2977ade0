import { checkOption, type OptionSpec, VitrineError } from '../lib/index.ts';
import type { ResolvedSampling, SamplingOptions } from './types.ts';

/** Bounds that keep every step of the arithmetic inside f32. */
const most = 1e6;
const least = 1e-6;
const mostBias = 1e30;
const mostUint32 = 2 ** 32 - 1;

/** The sampling options, in the order they are applied. */
export const samplingTable = {
  logitBias: {
    type: 'object',
    of: 'token ids with numbers',
    defaultText: 'none',
    summary: 'Added to the logits, by token id. -Infinity bans a token.',
  },
  repetitionPenalty: {
    type: 'number',
    min: least,
    max: most,
    default: 1,
    off: 1,
    attribute: 'repetition-penalty',
    slider: { label: 'Repetition penalty', min: 1, max: 2, step: 0.01 },
    summary:
      'Makes every token already in the context less likely: divides positive logits, multiplies negative ones.',
  },
  noRepeatNgramSize: {
    type: 'integer',
    min: 0,
    max: mostUint32,
    default: 0,
    off: 0,
    attribute: 'no-repeat-ngram-size',
    slider: { label: 'No repeated n-gram', min: 0, max: 8, step: 1 },
    summary: 'No sequence of this many tokens occurs twice.',
  },
  frequencyPenalty: {
    type: 'number',
    min: -most,
    max: most,
    default: 0,
    off: 0,
    attribute: 'frequency-penalty',
    slider: { label: 'Frequency penalty', min: 0, max: 2, step: 0.05 },
    summary: 'Subtracted from the logit of a generated token, once per occurrence.',
  },
  presencePenalty: {
    type: 'number',
    min: -most,
    max: most,
    default: 0,
    off: 0,
    attribute: 'presence-penalty',
    slider: { label: 'Presence penalty', min: 0, max: 2, step: 0.05 },
    summary: 'Subtracted from the logit of a generated token, once.',
  },
  temperature: {
    type: 'number',
    min: 0,
    max: Number.MAX_VALUE,
    default: 1,
    off: 1,
    pageDefault: 0.8,
    attribute: 'temperature',
    slider: { label: 'Temperature', min: 0, max: 2, step: 0.05 },
    summary:
      'Divides the logits: below 1 favours likely tokens, above 1 unlikely ones. 0 always takes the likeliest.',
  },
  topK: {
    type: 'integer',
    min: 0,
    max: mostUint32,
    default: 0,
    off: 0,
    pageDefault: 40,
    attribute: 'top-k',
    slider: { label: 'Top-k', min: 0, max: 200, step: 1 },
    summary: 'Keeps this many of the likeliest tokens.',
  },
  topP: {
    type: 'number',
    min: 0,
    above: true,
    max: 1,
    default: 1,
    off: 1,
    attribute: 'top-p',
    slider: { label: 'Top-p', min: 0.05, max: 1, step: 0.01 },
    summary: 'Keeps the smallest set of likeliest tokens whose probability reaches this.',
  },
  minP: {
    type: 'number',
    min: 0,
    max: 1,
    default: 0,
    off: 0,
    attribute: 'min-p',
    slider: { label: 'Min-p', min: 0, max: 0.5, step: 0.005 },
    summary: 'Keeps tokens at least this many times as likely as the likeliest one.',
  },
  typicalP: {
    type: 'number',
    min: 0,
    above: true,
    max: 1,
    default: 1,
    off: 1,
    attribute: 'typical-p',
    slider: { label: 'Typical-p', min: 0.05, max: 1, step: 0.01 },
    summary: 'Keeps the tokens whose surprise is closest to the expected surprise, up to this probability.',
  },
  seed: {
    type: 'integer',
    min: 0,
    max: mostUint32,
    defaultText: 'random',
    attribute: 'seed',
    summary: 'Seed of the random numbers. Same seed, options and device: same tokens.',
  },
} as const satisfies Record<keyof SamplingOptions, OptionSpec>;

type NumberName = Exclude<keyof typeof samplingTable, 'logitBias' | 'seed'>;
const numberNames = Object.keys(samplingTable).filter((name) => name !== 'logitBias' && name !== 'seed');

/**
 * Checks sampling options and fills in defaults, a random 32-bit seed among them.
 *
 * @param vocabSize refuses bias on tokens the model does not have, when given
 * @throws VitrineError `invalid-argument` naming the option
 */
export function resolveSampling(options: SamplingOptions = {}, vocabSize?: number): ResolvedSampling {
  const resolved = {} as Record<NumberName, number>;
  for (const name of numberNames as NumberName[]) {
    const spec = samplingTable[name];
    resolved[name] = checkOption(name, options[name] ?? spec.default, spec);
  }
  const seed = options.seed ?? (crypto.getRandomValues(new Uint32Array(1))[0] as number);
  return {
    ...resolved,
    logitBias: resolveBias(options.logitBias, vocabSize),
    seed: checkOption('seed', seed, samplingTable.seed),
  };
}

function resolveBias(bias: SamplingOptions['logitBias'], vocabSize: number | undefined) {
  const resolved: Record<number, number> = {};
  for (const [key, value] of Object.entries(bias ?? {})) {
    const id = Number(key);
    const known = Number.isInteger(id) && id >= 0 && id <= mostUint32;
    if (!known || (vocabSize !== undefined && id >= vocabSize))
      throw invalid('logitBias', key, `token ids from 0 to ${(vocabSize ?? 2 ** 32) - 1} as keys`);
    const ban = value === Number.NEGATIVE_INFINITY;
    if (!ban && !(typeof value === 'number' && Math.abs(value) <= mostBias))
      throw invalid(`logitBias[${key}]`, value, 'a number up to 1e30, or -Infinity to ban the token');
    resolved[id] = value;
  }
  return resolved;
}

function invalid(name: string, value: unknown, wants: string): VitrineError {
  return new VitrineError('invalid-argument', `${name} is ${String(value)}; use ${wants}.`);
}

/** Always the likeliest token; nothing is drawn. */
export const greedySampling: ResolvedSampling = resolveSampling({ temperature: 0, seed: 0 });

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
