import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { createTokenizer, type Tokenizer } from './index.ts';
import { MergeTable } from './merge-table.ts';
import { mergeWord } from './merge-word.ts';

interface Golden {
  tokenizer: { model: { merges: [string, string][] } };
  cases: { text: string; ids: number[]; decoded: string }[];
}
const goldens = JSON.parse(readFileSync('test/golden/tokenizer/byte-level.json', 'utf8')) as Golden[];

describe('reference tokenizers', () => {
  it.each(goldens.map((golden, index) => [index, golden] as const))('number %i', async (_, golden) => {
    const pairs = await createTokenizer({ tokenizerJson: JSON.stringify(golden.tokenizer) });
    const model = {
      ...golden.tokenizer.model,
      merges: golden.tokenizer.model.merges.map((m) => m.join(' ')),
    };
    const lines = await createTokenizer({ tokenizerJson: JSON.stringify({ ...golden.tokenizer, model }) });
    for (const { text, ids, decoded } of golden.cases) {
      expect(pairs.encode(text)).toEqual(ids);
      expect(lines.encode(text)).toEqual(ids);
      expect(pairs.decode(ids)).toBe(decoded);
    }
  });
});

describe('the bundled vocabulary', () => {
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    tokenizer = await createTokenizer({
      vocabJson: readFileSync('public/models/tiny-tales/vocab.json', 'utf8'),
      mergesTxt: readFileSync('public/models/tiny-tales/merges.txt', 'utf8'),
    });
  });

  it('gives every text back', () => {
    const anyText = fc.array(
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 12 }),
        fc.constantFrom(
          '<|endoftext|>',
          ' the',
          'woodcutter',
          '\n\n',
          '\u0085',
          '\ufeff',
          '\ud83d',
          '\ude00',
        ),
      ),
    );
    fc.assert(
      fc.property(anyText, (parts) => {
        const text = parts.join('');
        const ids = tokenizer.encode(text);
        // UTF-8 has no lone surrogates: they come back as U+FFFD.
        expect(tokenizer.decode(ids)).toBe(Buffer.from(text, 'utf8').toString('utf8'));
        expect(ids.filter((id) => id >= tokenizer.size)).toEqual([]);
      }),
      { numRuns: 5000 },
    );
  });

  it('gives the bytes of each token, and none for ids it does not have', () => {
    const bytes = tokenizer.encode('Grüße 😀').flatMap((id) => [...tokenizer.bytes(id)]);
    expect(bytes).toEqual([...new TextEncoder().encode('Grüße 😀')]);
    for (const id of [-1, 4096, 1e9, 0.5, Number.NaN]) {
      expect(tokenizer.bytes(id)).toHaveLength(0);
      expect(tokenizer.isSpecial(id)).toBe(false);
    }
    expect(tokenizer.decode([-1, 4096, 1e9])).toBe('');
  });

  it('gives the same ids again from its cache, and fresh arrays', () => {
    const first = tokenizer.encode('once upon a time, once upon a time');
    first.reverse();
    expect(tokenizer.encode('once upon a time, once upon a time')).toEqual([...first].reverse());
  });

  it('encodes a word of a million letters', () => {
    const text = 'abracadabra'.repeat(100_000);
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });
});

/** Byte-pair merges by the book: of all pairs the lowest rank, of those the leftmost. */
function mergeByTheBook(word: readonly number[], merges: readonly (readonly number[])[]): number[] {
  let symbols = [...word];
  for (;;) {
    const ranks = symbols.map((left, i) =>
      merges.findLastIndex(([a, b]) => a === left && b === symbols[i + 1]),
    );
    const known = ranks.filter((rank) => rank >= 0);
    if (known.length === 0) return symbols;
    const at = ranks.indexOf(Math.min(...known));
    symbols = [...symbols.slice(0, at), merges[ranks[at]!]![2]!, ...symbols.slice(at + 2)];
  }
}

describe('mergeWord', () => {
  const id = fc.integer({ min: 0, max: 6 });
  const word = fc.oneof(fc.array(id, { maxLength: 12 }), fc.array(id, { minLength: 33, maxLength: 70 }));
  // A merge makes a symbol that was not there before, as in a vocabulary where each token is one string.
  const pairs = fc.uniqueArray(fc.tuple(id, fc.integer({ min: 0, max: 12 })), {
    maxLength: 14,
    selector: ([a, b]) => `${a} ${b}`,
  });

  it('merges by rank in short words and long ones', () => {
    fc.assert(
      fc.property(word, pairs, (symbols, halves) => {
        const merges = halves.map(([left, right], rank) => [left, right, 7 + rank] as const);
        const table = MergeTable.from(merges.map(([left, right, merged]) => ({ left, right, merged })));
        expect(mergeWord([...symbols], table)).toEqual(mergeByTheBook(symbols, merges));
      }),
      { numRuns: 3000 },
    );
  });
});
