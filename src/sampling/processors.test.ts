import { describe, expect, it } from 'vitest';
import { processLogits } from './processors.ts';
import { resolveSampling } from './resolve.ts';
import type { SamplingOptions } from './types.ts';

const logits = Float32Array.of(2, -1, 0.5, 3, -4);

function processed(options: SamplingOptions, ids: readonly number[], promptLength = ids.length) {
  return [...processLogits(logits, { ids, promptLength }, resolveSampling(options))];
}

describe('processLogits', () => {
  it('changes nothing by default, and never modifies its input', () => {
    expect(processed({}, [0, 1, 2])).toEqual([...logits]);
    processed({ logitBias: { 0: 5 }, repetitionPenalty: 2 }, [0, 1]);
    expect([...logits]).toEqual([2, -1, 0.5, 3, -4]);
  });

  it('divides positive and multiplies negative logits of tokens seen, once each', () => {
    expect(processed({ repetitionPenalty: 2 }, [0, 0, 1, 4])).toEqual([1, -2, 0.5, 3, -8]);
    expect(processed({ repetitionPenalty: 0.5 }, [3, 1])).toEqual([2, -0.5, 0.5, 6, -4]);
  });

  it('adds bias before the repetition penalty looks at the sign', () => {
    expect(processed({ logitBias: { 1: 3 }, repetitionPenalty: 2 }, [1])).toEqual([2, 1, 0.5, 3, -4]);
  });

  it('-Infinity bans a token whatever is added later', () => {
    const banned = Number.NEGATIVE_INFINITY;
    const options = { logitBias: { 3: banned, 99: 1 }, presencePenalty: -5, repetitionPenalty: 0.5 };
    expect(processed(options, [3], 0)).toEqual([2, -1, 0.5, banned, -4]);
  });

  it('subtracts frequency and presence penalties for generated tokens only', () => {
    const options = { frequencyPenalty: 0.5, presencePenalty: 0.25 };
    expect(processed(options, [0, 0, 2, 2, 4], 2)).toEqual([2, -1, -0.75, 3, -4.75]);
  });

  it('bans tokens that would repeat an n-gram, prompt included', () => {
    const bannedBy = (noRepeatNgramSize: number, ids: number[]) =>
      processed({ noRepeatNgramSize }, ids, 2).flatMap((score, id) => (Number.isFinite(score) ? [] : [id]));
    expect(bannedBy(2, [0, 1, 0, 2, 0])).toEqual([1, 2]);
    expect(bannedBy(3, [0, 1, 2, 0, 1])).toEqual([2]);
    expect(bannedBy(3, [0, 1, 2, 1, 1])).toEqual([]);
    expect(bannedBy(1, [0, 3, 3])).toEqual([0, 3]);
    expect(bannedBy(2, [4, 4, 4])).toEqual([4]);
    expect(bannedBy(4, [0, 1])).toEqual([]);
    expect(bannedBy(2, [])).toEqual([]);
  });

  it('accepts logits that are NaN', () => {
    const odd = Float32Array.of(Number.NaN, Infinity, -Infinity, -0, 1e-40);
    const out = processLogits(odd, { ids: [], promptLength: 0 }, resolveSampling());
    expect([...out]).toEqual([-Infinity, Math.fround(1e30), -Infinity, 0, 0]);
    expect(Object.is(out[3], 0)).toBe(true);
  });
});
