export { createR50kTokenizer, createTokenizer, type TokenizerFiles } from './create.ts';
export type { StreamDecoder, Tokenizer } from './types.ts';
