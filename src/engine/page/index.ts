/** What a page keeps of a model that runs in the worker; it imports nothing of the engine. */
export type { IdModel, ModelFacts } from './id-model.ts';
export { LoadedModel, wrongAssistant } from './loaded-model.ts';
export { type TokenizerFacts, tokenizerFacts } from './tokenizer-facts.ts';
