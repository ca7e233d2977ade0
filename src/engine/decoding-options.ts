import { VitrineError } from '../lib/index.ts';
import { isPlainGreedy, type ResolvedSampling } from '../sampling/index.ts';
import type { BeamOptions } from './beam-scorer.ts';
import { wholeNumber } from './options.ts';
import type { GenerateOptions } from './types.ts';

function refusal(message: string): VitrineError {
  return new VitrineError('invalid-argument', message);
}

/** One less than the tokens that go through the model in one pass. */
const mostGuesses = 7;
const defaultGuesses = 4;

/**
 * How many tokens are guessed for a pass; undefined where none are to be.
 * @throws VitrineError `invalid-argument` naming the option
 */
export function guessesOf(options: GenerateOptions): number | undefined {
  const { promptLookupNumTokens, assistantModel, numAssistantTokens, n = 1 } = options;
  if (numAssistantTokens !== undefined && assistantModel === undefined)
    throw refusal('numAssistantTokens is for an assistantModel. Pass one, or leave it out.');
  if (promptLookupNumTokens === undefined && assistantModel === undefined) return undefined;
  if (promptLookupNumTokens !== undefined && assistantModel !== undefined)
    throw refusal('Guesses come from promptLookupNumTokens or from assistantModel. Pass one of the two.');
  if (n !== 1) throw refusal(`Speculative decoding writes one text; n is ${n}. Leave n out.`);
  if (promptLookupNumTokens !== undefined)
    return wholeNumber('promptLookupNumTokens', promptLookupNumTokens, 1, mostGuesses);
  return wholeNumber('numAssistantTokens', numAssistantTokens ?? defaultGuesses, 1, mostGuesses);
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
