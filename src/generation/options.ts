import type { SamplingOptions } from '../sampling/index.ts';

/** Options of a generation, except the assistant model: that one is a model, which this folder knows nothing of. */
export interface GenerationOptions extends SamplingOptions {
  /** Default: to the end of the context. */
  maxNewTokens?: number;
  /** Generation ends before any of these strings; they are never part of the text. */
  stop?: string[];
  /** Stop at the end-of-text token. Default true. */
  eos?: boolean;
  /** How many alternatives to report per token. Default 0. */
  logprobs?: number;
  /** Continuations generated side by side. Default 1. */
  n?: number;
  signal?: AbortSignal;
  /** What to do at the context limit. Default 'stop'. */
  overflow?: 'stop' | 'slide';
  /**
   * Speculative decoding by prompt lookup: this many tokens (1 to 7) that followed an earlier occurrence of the latest
   * ones are tried in one pass. The tokens are the same; it stops by itself when it does not pay.
   */
  promptLookupNumTokens?: number;
  /** How many tokens `assistantModel` proposes for a pass, 1 to 7. Default 4. */
  numAssistantTokens?: number;
  /**
   * Beam search: the likeliest text found by following this many continuations (2 to 8) at once, instead of drawing.
   * Nothing is certain before the end, so all tokens come at the end; `n` asks for the n best texts. `temperature` is 0.
   */
  numBeams?: number;
  /** Beam search compares texts by log-probability / length ^ lengthPenalty, -10 to 10: above 0 favours longer ones. Default 1. */
  lengthPenalty?: number;
  /**
   * When beam search has finished `numBeams` texts: true ends it, false (default) ends it when no beam is better as it
   * stands, 'never' when none can become better.
   */
  earlyStopping?: boolean | 'never';
}

import { VitrineError } from '../lib/index.ts';

/** Names of all options. Others are refused: a misspelt option would otherwise be ignored in silence. */
const names: Record<keyof GenerationOptions | 'assistantModel', true> = {
  maxNewTokens: true,
  temperature: true,
  topK: true,
  topP: true,
  minP: true,
  typicalP: true,
  repetitionPenalty: true,
  frequencyPenalty: true,
  presencePenalty: true,
  noRepeatNgramSize: true,
  logitBias: true,
  stop: true,
  eos: true,
  seed: true,
  logprobs: true,
  n: true,
  signal: true,
  overflow: true,
  promptLookupNumTokens: true,
  assistantModel: true,
  numAssistantTokens: true,
  numBeams: true,
  lengthPenalty: true,
  earlyStopping: true,
};

/** @throws VitrineError `invalid-argument` naming an option that does not exist. */
export function checkNames(options: object): void {
  const strange = Object.keys(options).find((name) => !Object.hasOwn(names, name));
  if (strange !== undefined)
    throw new VitrineError(
      'invalid-argument',
      `There is no option ${strange}. Options are ${Object.keys(names).join(', ')}.`,
    );
}

const advancedNames = [
  'promptLookupNumTokens',
  'assistantModel',
  'numAssistantTokens',
  'numBeams',
  'lengthPenalty',
  'earlyStopping',
] as const;

/** Whether any option belongs to beam search or speculative decoding, whose code is loaded on demand. */
export function asksForAdvancedDecoding(options: object): boolean {
  return advancedNames.some((name) => (options as Record<string, unknown>)[name] !== undefined);
}

/** @throws VitrineError `invalid-argument` */
export function checkedStops(stops: readonly string[] | undefined): readonly string[] {
  if (stops === undefined) return [];
  if (!Array.isArray(stops) || stops.some((stop) => typeof stop !== 'string' || stop === ''))
    throw new VitrineError('invalid-argument', 'stop must be a list of strings that are not empty.');
  return stops;
}

/** @throws VitrineError `invalid-argument` naming the option. */
export function wholeNumber(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  const upTo = most === Number.MAX_SAFE_INTEGER ? 'or more' : `to ${most}`;
  throw new VitrineError('invalid-argument', `${name} is ${value}; use a whole number, ${least} ${upTo}.`);
}
