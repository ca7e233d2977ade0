export type { CharacterTables } from './characters.ts';
export { createR50kTokenizer, createTokenizer, type TokenizerFiles, type TokenizerHints } from './create.ts';
export type { StreamDecoder, Tokenizer } from './types.ts';
