import { VitrineError } from '../lib/index.ts';
import type { GenerateOptions } from './types.ts';

/** Every option of a generation. A name that is none of these is a slip that would otherwise go unseen. */
const names: Record<keyof GenerateOptions, true> = {
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
export function checkNames(options: GenerateOptions): void {
  const strange = Object.keys(options).find((name) => !Object.hasOwn(names, name));
  if (strange !== undefined)
    throw new VitrineError(
      'invalid-argument',
      `There is no option ${strange}. Options are ${Object.keys(names).join(', ')}.`,
    );
}

const decodingNames = [
  'promptLookupNumTokens',
  'assistantModel',
  'numAssistantTokens',
  'numBeams',
  'lengthPenalty',
  'earlyStopping',
] as const satisfies (keyof GenerateOptions)[];

/** Whether any option is of beam search or speculative decoding: those are read by the part that does them. */
export function asksForDecodingPart(options: GenerateOptions): boolean {
  return decodingNames.some((name) => options[name] !== undefined);
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
