import { VitrineError } from '../lib/index.ts';
import type { Tokenizer } from './types.ts';

/**
 * Stands in for the tokenizer of a model that has none: the model works by ids, and whatever needs a text is refused.
 * @param size rows of the embedding
 */
export function createMissingTokenizer(size: number): Tokenizer {
  const refuse = (): never => {
    throw new VitrineError(
      'tokenizer-missing',
      'The model has no tokenizer files. Pass token ids, or add tokenizer.json (or vocab.json with merges.txt) to its files.',
    );
  };
  return {
    kind: 'none',
    notices: ['The model has no tokenizer files: texts go in and come out as token ids.'],
    size,
    eosTokenId: undefined,
    before: [],
    encode: refuse,
    decode: refuse,
    bytes: () => new Uint8Array(0),
    text: (id) => `[${id}]`,
    isSpecial: () => false,
    // Pieces of generated text are the ids themselves, which a page can show.
    stream: () => ({ push: (id) => `[${id}]`, end: () => '' }),
  };
}
