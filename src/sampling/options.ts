import type { OptionSpec } from '../lib/index.ts';
import type { SamplingOptions } from './types.ts';

/** Bounds that keep every step of the arithmetic inside f32. */
const most = 1e6;
const least = 1e-6;
export const mostUint32 = 2 ** 32 - 1;

/** An option that keeps tokens up to a share of the probability. */
const shareOption = <const A extends string>(attribute: A, label: string, summary: string) =>
  ({
    type: 'number',
    min: 0,
    above: true,
    max: 1,
    default: 1,
    off: 1,
    attribute,
    slider: { label, min: 0.05, max: 1, step: 0.01 },
    summary,
  }) as const;

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
  topP: shareOption(
    'top-p',
    'Top-p',
    'Keeps the smallest set of likeliest tokens whose probability reaches this.',
  ),
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
  typicalP: shareOption(
    'typical-p',
    'Typical-p',
    'Keeps the tokens whose surprise is closest to the expected surprise, up to this probability.',
  ),
  seed: {
    type: 'integer',
    min: 0,
    max: mostUint32,
    defaultText: 'random',
    attribute: 'seed',
    summary: 'Seed of the random numbers. Same seed, options and device: same tokens.',
  },
} as const satisfies Record<keyof SamplingOptions, OptionSpec>;
