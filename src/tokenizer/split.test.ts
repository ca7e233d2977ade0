import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forEachWord } from './split.ts';

function words(text: string): string[] {
  const found: string[] = [];
  forEachWord(text, (word) => found.push(word));
  return found;
}

/** GPT-2's pattern, with Unicode's White_Space where Python's `\s` means it. */
const pattern =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

const dense = fc.array(
  fc.oneof(
    fc.constantFrom(
      ' ',
      '  ',
      '\n',
      '\t',
      '\u0085',
      '\ufeff',
      '\u00a0',
      '\u2028',
      '\u3000',
      '\u180e',
      '\u001c',
    ),
    fc.constantFrom("'", "'s", "'re", "'ll", "'LL", "'v", '’s', '.', '!?', '-', '\u200d', '\u0301'),
    fc.constantFrom('a', 'the', 'É', 'ß', '日', '1', '²', '٣', 'Ⅷ', '😀', '𠀀', '𝟘', '\ud800', '\udc00'),
    fc.string({ unit: 'binary', maxLength: 3 }),
  ),
  { maxLength: 20 },
);

describe('forEachWord', () => {
  it.each([
    ["I'll say it's they'RE", ['I', "'ll", ' say', ' it', "'s", ' they', "'", 'RE']],
    ['a  b', ['a', ' ', ' b']],
    ['a \n b\n', ['a', ' \n', ' b', '\n']],
    ['x\u0085y', ['x', '\u0085', 'y']],
    ['x\ufeffy', ['x', '\ufeff', 'y']],
    [' \ufeff.', [' \ufeff.']],
    ['12three', ['12', 'three']],
    ['   ', ['   ']],
    ['', []],
  ])('cuts %j', (text, expected) => {
    expect(words(text)).toEqual(expected);
  });

  it('cuts as the pattern does', () => {
    fc.assert(
      fc.property(dense, (parts) => {
        const text = parts.join('');
        expect(words(text)).toEqual(text.match(pattern) ?? []);
      }),
      { numRuns: 10_000 },
    );
  });

  it('takes runs of millions of characters', () => {
    for (const unit of ['a', ' ', '!', '😀']) expect(words(unit.repeat(3_000_000))).toHaveLength(1);
  });
});
