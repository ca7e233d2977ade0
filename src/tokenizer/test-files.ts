import { byteSymbols } from './byte-symbols.ts';
import type { TokenizerFiles } from './index.ts';

// Small tokenizer files for tests: the 256 bytes, "ab", "abc" and end-of-text (258).

export type Json = Record<string, unknown>;

export const vocab: Record<string, number> = Object.fromEntries(
  byteSymbols.map((symbol, id) => [symbol, id]),
);
Object.assign(vocab, { ab: 256, abc: 257, '<|endoftext|>': 258 });
export const merges = ['a b', 'ab c'];
export const pair = { vocabJson: JSON.stringify(vocab), mergesTxt: '#version: 0.2\na b\nab c\n' };

/** A tokenizer.json with some parts replaced. */
export function json(parts: Json = {}, model: Json = {}): TokenizerFiles {
  const whole = {
    version: '1.0',
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true },
    post_processor: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: false },
    decoder: { type: 'ByteLevel' },
    model: { type: 'BPE', vocab, merges, ...model },
    ...parts,
  };
  return { tokenizerJson: JSON.stringify(whole) };
}

/** A post-processor that puts one token before every text. */
export const template = (ids: unknown) => ({
  type: 'TemplateProcessing',
  single: [{ SpecialToken: { id: '<s>' } }, { Sequence: { id: 'A' } }],
  special_tokens: { '<s>': { ids } },
});
