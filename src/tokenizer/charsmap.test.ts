import fc from 'fast-check';
import { expect, test } from 'vitest';
import { VitrineError } from '../lib/index.ts';
import { charsmapNormalizer } from './charsmap.ts';

test('any bytes are rules that end, or are refused', () => {
  const units = fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { maxLength: 50 });
  fc.assert(
    fc.property(
      units,
      fc.uint8Array({ maxLength: 40 }),
      fc.nat(300),
      fc.string(),
      (trie, pool, length, text) => {
        const bytes = new Uint8Array(4 + 4 * trie.length + pool.length);
        const view = new DataView(bytes.buffer);
        view.setUint32(0, length % 2 === 0 ? 4 * trie.length : length, true);
        for (const [i, unit] of trie.entries()) view.setUint32(4 + 4 * i, unit, true);
        bytes.set(pool, 4 + 4 * trie.length);
        try {
          expect(typeof charsmapNormalizer(bytes)(text)).toBe('string');
        } catch (error) {
          expect(error).toBeInstanceOf(VitrineError);
        }
      },
    ),
    { numRuns: 500 },
  );
});
