export type { GenerationContext, RecoverableRuntime } from './context.ts';
export { generate } from './generate.ts';
export {
  type NumberAttribute,
  numberAttributes,
  type OptionAttribute,
  optionAttributes,
  pageDefaults,
} from './option-spellings.ts';
export {
  type GenerationOptions,
  type IdGenerationOptions,
  type OptionName,
  optionTable,
} from './options.ts';
export { RuntimeLock } from './runtime-lock.ts';
export { checkSameVocabulary } from './same-vocabulary.ts';
export { type Score, type ScoreOptions, scoreIds } from './score.ts';
export { type GenerationTimes, SequenceCache } from './sequence-cache.ts';
export { TokenTexts } from './sequence-text.ts';
export type { FinishReason, GeneratedToken, SpeculationStats, TokenAlternative } from './token.ts';
