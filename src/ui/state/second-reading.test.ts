import { describe, expect, it } from 'vitest';
import { compare, leadOf, logprobsOver } from './second-reading.ts';

describe('the reading of another model', () => {
  it('keeps its values where both cut the text alike', () => {
    const read = [
      { text: 'Once', logprob: Number.NaN },
      { text: ' upon', logprob: -2 },
      { text: ' a', logprob: -0.5 },
    ];
    const over = logprobsOver(['Once', ' upon', ' a'], read);
    expect(over[0]).toBeNull();
    expect(over[1]).toBeCloseTo(-2);
    expect(over[2]).toBeCloseTo(-0.5);
  });

  it('shares a token among its characters where the cuts differ, and loses nothing', () => {
    const read = [
      { text: 'a', logprob: null },
      { text: 'bcd', logprob: -3 },
      { text: 'ef', logprob: -1 },
    ];
    const over = logprobsOver(['a', 'b', 'cde', 'f'], read);
    expect(over).toEqual([null, -1, -2.5, -0.5]);
    expect(over.slice(1).reduce<number>((sum, one) => sum + (one ?? 0), 0)).toBeCloseTo(-4);
  });

  it('adds what completes no character to the piece that does', () => {
    const read = [
      { text: 'a', logprob: -1 },
      { text: '', logprob: -2 },
      { text: 'é', logprob: -0.5 },
    ];
    expect(logprobsOver(['a', 'é'], read)).toEqual([-1, -2.5]);
    expect(logprobsOver(['a', '', 'é'], read)).toEqual([-1, null, -2.5]);
  });

  it('says nothing of a text that is longer than what was read', () => {
    expect(logprobsOver(['a', 'bc'], [{ text: 'ab', logprob: -1 }])).toEqual([-0.5, null]);
  });
});

describe('the comparison', () => {
  it('counts what both know, in bits', () => {
    const tokens = [
      { logprob: Number.NaN },
      { logprob: -2 * Math.LN2 },
      { logprob: null },
      { logprob: -Math.LN2 },
    ];
    const found = compare(tokens, [null, -Math.LN2, -1, -4 * Math.LN2]);
    expect(found?.count).toBe(2);
    expect(found?.first).toBeCloseTo(1.5);
    expect(found?.second).toBeCloseTo(2.5);
    expect(found?.bits[1]).toBeCloseTo(1);
    expect(found?.bits[3]).toBeCloseTo(-3);
    expect(found?.bits.map(leadOf)).toEqual([0, 1, 0, -3]);
  });

  it('is none where they have nothing in common', () => {
    expect(compare([{ logprob: null }], [-1])).toBeNull();
    expect(leadOf(null)).toBe(0);
  });
});
