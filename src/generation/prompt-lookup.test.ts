import { describe, expect, it } from 'vitest';
import { lookUpPrompt } from './prompt-lookup.ts';

describe('lookUpPrompt', () => {
  it('copies what followed the latest occurrence of the longest match', () => {
    expect(lookUpPrompt([1, 2, 3, 9, 1, 2, 3, 8, 7, 5, 2, 3, 6, 1, 2, 3], 3)).toEqual([8, 7, 5]);
    expect(lookUpPrompt([4, 2, 3, 6, 0, 7, 2, 3], 2)).toEqual([6, 0]);
  });
  it('continues into its own copy when a text repeats itself', () => {
    expect(lookUpPrompt([1, 2, 1, 2, 1, 2], 5)).toEqual([1, 2, 1, 2, 1]);
    expect(lookUpPrompt([7, 7, 7], 4)).toEqual([7, 7, 7, 7]);
  });
  it('finds nothing without a repeated n-gram', () => {
    for (const ids of [[], [1], [1, 1], [1, 2, 3, 4], [1, 2, 1]]) expect(lookUpPrompt(ids, 4)).toEqual([]);
  });
});
