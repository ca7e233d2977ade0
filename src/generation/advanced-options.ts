import { checkOption, VitrineError } from '../lib/index.ts';
import { isPlainGreedy, type ResolvedSampling } from '../sampling/index.ts';
import type { BeamOptions } from './beam-scorer.ts';
import { type IdGenerationOptions, optionTable } from './options.ts';

function refusal(message: string): VitrineError {
  return new VitrineError('invalid-argument', message);
}

/**
 * Most tokens to draft for one pass; undefined without speculative decoding.
 * @throws VitrineError `invalid-argument` naming the option
 */
export function resolveDraftLength(options: IdGenerationOptions, hasAssistant: boolean): number | undefined {
  const { promptLookupNumTokens, numAssistantTokens, n = 1 } = options;
  if (numAssistantTokens !== undefined && !hasAssistant)
    throw refusal('numAssistantTokens needs assistantModel. Pass one, or leave it out.');
  if (promptLookupNumTokens === undefined && !hasAssistant) return undefined;
  if (promptLookupNumTokens !== undefined && hasAssistant)
    throw refusal('promptLookupNumTokens and assistantModel exclude each other. Pass one of the two.');
  if (options.mirostatTau)
    throw refusal(
      'mirostatTau cannot be combined with speculative decoding: each token moves the limit of the next one. Leave one of them out.',
    );
  if (n !== 1) throw refusal(`Speculative decoding generates one sequence; n is ${n}. Leave n out.`);
  if (promptLookupNumTokens !== undefined)
    return checkOption('promptLookupNumTokens', promptLookupNumTokens, optionTable.promptLookupNumTokens);
  const spec = optionTable.numAssistantTokens;
  return checkOption('numAssistantTokens', numAssistantTokens ?? spec.default, spec);
}

/**
 * Options of beam search; undefined without it.
 * @throws VitrineError `invalid-argument` naming the option, or what cannot be combined with beam search
 */
export function resolveBeamOptions(
  options: IdGenerationOptions,
  sampling: ResolvedSampling,
  hasAssistant: boolean,
): BeamOptions | undefined {
  const { numBeams, lengthPenalty, earlyStopping } = options;
  if (numBeams === undefined) {
    const alone = (['lengthPenalty', 'earlyStopping'] as const).find((name) => options[name] !== undefined);
    if (alone) throw refusal(`${alone} is an option of beam search. Pass numBeams, or leave it out.`);
    return undefined;
  }
  checkOption('numBeams', numBeams, optionTable.numBeams);
  checkOption('n', options.n ?? 1, { ...optionTable.n, max: numBeams });
  checkCombination(options, sampling, hasAssistant);
  const { lengthPenalty: length, earlyStopping: early } = optionTable;
  return {
    numBeams,
    lengthPenalty: checkOption('lengthPenalty', lengthPenalty ?? length.default, length),
    earlyStopping: checkOption('earlyStopping', earlyStopping ?? early.default, early),
  };
}

function checkCombination(options: IdGenerationOptions, sampling: ResolvedSampling, hasAssistant: boolean) {
  if (!isPlainGreedy(sampling))
    throw refusal(
      'numBeams cannot be combined with temperature, penalties, bans, bias or a constraint. Leave them out.',
    );
  if (options.stop?.length || options.overflow === 'slide')
    throw refusal(
      `numBeams cannot be combined with ${options.stop?.length ? 'stop' : "overflow: 'slide'"}. Leave one of them out.`,
    );
  if (options.promptLookupNumTokens !== undefined || hasAssistant)
    throw refusal('numBeams cannot be combined with speculative decoding. Leave one of them out.');
}
