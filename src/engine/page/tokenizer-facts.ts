import type { Tokenizer } from '../../tokenizer/index.ts';

/** What loading must know of a model's tokenizer. It can be sent to another thread. */
export type TokenizerFacts = Pick<Tokenizer, 'kind' | 'notices' | 'size' | 'eosTokenId' | 'before'>;

export function tokenizerFacts({ kind, notices, size, eosTokenId, before }: Tokenizer): TokenizerFacts {
  return { kind, notices, size, eosTokenId, before };
}
