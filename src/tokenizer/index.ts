export type { StreamDecoder, Tokenizer } from './types.ts';
