import { VitrineError } from '../lib/index.ts';
import { isPlainGreedy, type ResolvedSampling } from '../sampling/index.ts';
import type { BeamOptions } from './beam-scorer.ts';
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
  if (typeof options !== 'object' || options === null)
    throw new VitrineError('invalid-argument', `options is ${String(options)}; pass an object.`);
  const strange = Object.keys(options).find((name) => !Object.hasOwn(names, name));
  if (strange !== undefined)
    throw new VitrineError(
      'invalid-argument',
      `There is no option ${strange}. Options are ${Object.keys(names).join(', ')}.`,
    );
}

function refusal(message: string): VitrineError {
  return new VitrineError('invalid-argument', message);
}

/** Where guesses come from, and how many are tried in a pass. */
export interface SpeculationPlan {
  source: 'lookup' | 'assistant';
  most: number;
}

/** One less than the tokens that go through the model in one pass. */
const mostGuesses = 7;
const defaultGuesses = 4;

/** @throws VitrineError `invalid-argument` naming the option. */
export function speculationOf(options: GenerateOptions): SpeculationPlan | undefined {
  const { promptLookupNumTokens, assistantModel, numAssistantTokens, n = 1 } = options;
  if (numAssistantTokens !== undefined && assistantModel === undefined)
    throw refusal('numAssistantTokens is for an assistantModel. Pass one, or leave it out.');
  if (promptLookupNumTokens === undefined && assistantModel === undefined) return undefined;
  if (promptLookupNumTokens !== undefined && assistantModel !== undefined)
    throw refusal('Guesses come from promptLookupNumTokens or from assistantModel. Pass one of the two.');
  if (n !== 1) throw refusal(`Speculative decoding writes one text; n is ${n}. Leave n out.`);
  return assistantModel === undefined
    ? {
        source: 'lookup',
        most: wholeNumber('promptLookupNumTokens', promptLookupNumTokens ?? 0, 1, mostGuesses),
      }
    : {
        source: 'assistant',
        most: wholeNumber('numAssistantTokens', numAssistantTokens ?? defaultGuesses, 1, mostGuesses),
      };
}

const mostBeams = 8;
const mostLengthPenalty = 10;

/** @throws VitrineError `invalid-argument` naming the option, or what does not go together with beams. */
export function beamsOf(options: GenerateOptions, sampling: ResolvedSampling): BeamOptions | undefined {
  const { numBeams, lengthPenalty, earlyStopping } = options;
  if (numBeams === undefined) {
    const alone = (['lengthPenalty', 'earlyStopping'] as const).find((name) => options[name] !== undefined);
    if (alone) throw refusal(`${alone} is for beam search. Pass numBeams, or leave it out.`);
    return undefined;
  }
  wholeNumber('numBeams', numBeams, 2, mostBeams);
  if (!isPlainGreedy(sampling))
    throw refusal('numBeams follows the likeliest texts: leave temperature, penalties, bans and bias out.');
  if (options.stop?.length || options.overflow === 'slide')
    throw refusal(
      `numBeams does not go together with ${options.stop?.length ? 'stop' : "overflow: 'slide'"}.`,
    );
  if (options.promptLookupNumTokens !== undefined || options.assistantModel !== undefined)
    throw refusal('numBeams does not go together with speculative decoding. Leave one of them out.');
  wholeNumber('n', options.n ?? 1, 1, numBeams);
  if (
    lengthPenalty !== undefined &&
    !(typeof lengthPenalty === 'number' && Math.abs(lengthPenalty) <= mostLengthPenalty)
  )
    throw refusal(`lengthPenalty is ${lengthPenalty}; use a number from -10 to 10.`);
  if (![undefined, true, false, 'never'].includes(earlyStopping))
    throw refusal(`earlyStopping is ${String(earlyStopping)}; use true, false or 'never'.`);
  return { numBeams, lengthPenalty: lengthPenalty ?? 1, earlyStopping: earlyStopping ?? false };
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
