import { Tokenizer as RustTokenizer } from '@anush008/tokenizers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTokenizer } from './index.ts';
import { kinds, whole } from './reference-kinds.ts';
import { referenceTexts } from './reference-texts.ts';

async function both(json: string) {
  const rust = RustTokenizer.fromString(json);
  const ours = await createTokenizer({ tokenizerJson: json });
  const expected = async (text: string) =>
    (await rust.encode(text, null, { addSpecialTokens: false })).getIds();
  return { rust, ours, expected };
}

describe.each(Object.entries(kinds))('%s', (_, parts) => {
  it('gives the ids and the text of the Rust library', async () => {
    const { rust, ours, expected } = await both(whole(parts));
    for (const text of referenceTexts) {
      const ids = await expected(text);
      expect(ours.encode(text), text).toEqual(ids);
      expect(ours.decode(ids), text).toBe(ids.length > 0 ? await rust.decode(ids, false) : '');
    }
  });

  it('streams what it decodes, whatever the ids', async () => {
    const ours = await createTokenizer({ tokenizerJson: whole(parts) });
    const ids = fc.array(fc.integer({ min: -1, max: ours.size }), { maxLength: 30 });
    fc.assert(
      fc.property(ids, (after) => {
        const whole = ours.stream();
        expect(after.map((id) => whole.push(id)).join('') + whole.end()).toBe(ours.decode(after));
      }),
      { numRuns: 300 },
    );
  });
});
