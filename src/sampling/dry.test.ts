import { describe, expect, it } from 'vitest';
import { penaliseDry } from './dry.ts';

const options = { dryMultiplier: 0.8, dryBase: 1.75, dryAllowedLength: 2, dryBreakers: [9] };

function penalties(ids: readonly number[], more: Partial<typeof options> = {}): Record<number, number> {
  const scores = new Float32Array(12);
  penaliseDry(scores, ids, { ...options, ...more });
  return Object.fromEntries(
    [...scores.entries()].filter(([, score]) => score !== 0).map(([id, score]) => [id, -score]),
  );
}

describe('DRY', () => {
  it('penalises what would extend a repetition by its length', () => {
    // 1 2 3 came before, and 4 came then: three tokens, one more than allowed.
    expect(penalties([1, 2, 3, 4, 1, 2, 3])).toEqual({ 4: Math.fround(0.8 * 1.75) });
    expect(penalties([2, 3, 4, 1, 2, 3])).toEqual({ 4: Math.fround(0.8) });
    expect(penalties([3, 4, 1, 2, 3])).toEqual({});
  });

  it('takes the longest of several repetitions', () => {
    expect(penalties([2, 3, 4, 5, 1, 2, 3, 4, 6, 2, 3, 4, 1, 2, 3])).toEqual({ 4: Math.fround(0.8 * 1.75) });
  });

  it('penalises each token that once followed', () => {
    expect(penalties([1, 2, 4, 1, 2, 5, 1, 2])).toEqual({ 4: Math.fround(0.8), 5: Math.fround(0.8) });
  });

  it('counts overlapping repetitions of one token', () => {
    // Of six equal tokens, the last five have been before the last one.
    expect(penalties([7, 7, 7, 7, 7, 7])).toEqual({ 7: Math.fround(0.8 * 1.75 ** 3) });
  });

  it('ends at breakers and spares them', () => {
    expect(penalties([1, 9, 3, 4, 1, 9, 3])).toEqual({});
    expect(penalties([1, 2, 9, 1, 2])).toEqual({});
    expect(penalties([1, 2, 3, 4, 1, 2, 3], { dryBreakers: [] })).toEqual({ 4: Math.fround(0.8 * 1.75) });
  });

  it('grows no further than its 64 penalties', () => {
    const [most] = Object.values(penalties(new Array(500).fill(7), { dryBase: 1.01 }));
    expect(most).toBe(Math.fround(0.8 * 1.01 ** 63));
  });
});
