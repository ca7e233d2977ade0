import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Model } from '../../engine/index.ts';
import { decodeIds, encodeText, takesIds } from './model-text.ts';

const refuse = () => {
  throw new Error('there is no tokenizer');
};
const model = {
  card: { tokenizer: { kind: 'none', size: 100, before: [] } },
  config: { vocabSize: 100 },
  encode: refuse,
  decode: refuse,
} as unknown as Model;

describe('a model without a tokenizer', () => {
  it('is written in ids', () => {
    expect(takesIds(model)).toBe(true);
    expect(decodeIds(model, [12, 7])).toBe('[12][7]');
    for (const text of ['[12][7]', '12 7', ' 12, 7\n', '[12] [ 7 ]']) {
      const { ids, pieces } = encodeText(model, text);
      expect(ids).toEqual([12, 7]);
      expect(pieces.join('')).toBe(text);
    }
    expect(encodeText(model, '').ids).toEqual([]);
  });

  it('reads what it wrote', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(99)), (ids) => {
        const text = decodeIds(model, ids);
        const read = encodeText(model, text);
        expect(read.ids).toEqual(ids);
        expect(read.pieces).toEqual(ids.map((id) => `[${id}]`));
      }),
    );
  });

  it.each([
    ['Once upon', 'Once'],
    ['12 100', '100'],
    ['-3', '-'],
  ])('says what is no id in %j', (text, wrong) => {
    expect(() => encodeText(model, text)).toThrow(
      expect.objectContaining({
        code: 'tokenizer-missing',
        message: expect.stringContaining(`“${wrong}”`),
      }),
    );
  });
});
