import { describe, expect, it } from 'vitest';
import { VitrineError } from '../lib/index.ts';
import { isPlainGreedy, modifiesLogits, resolveSampling } from './resolve.ts';
import type { SamplingOptions } from './types.ts';

function refusal(options: SamplingOptions, vocabSize?: number): VitrineError {
  try {
    resolveSampling(options, vocabSize);
  } catch (error) {
    if (error instanceof VitrineError) return error;
  }
  throw new Error('not refused');
}

describe('resolveSampling', () => {
  it('fills in neutral defaults and a random seed', () => {
    const { seed, ...rest } = resolveSampling();
    expect(rest).toEqual({
      drawable: 2 ** 32 - 1,
      dryMultiplier: 0,
      dryBase: 1.75,
      dryAllowedLength: 2,
      dryBreakers: [],
      topNSigma: 0,
      dynatempRange: 0,
      dynatempExponent: 1,
      mirostatTau: 0,
      mirostatEta: 0.1,
      temperature: 1,
      topK: 0,
      topP: 1,
      minP: 0,
      typicalP: 1,
      repetitionPenalty: 1,
      frequencyPenalty: 0,
      presencePenalty: 0,
      noRepeatNgramSize: 0,
      logitBias: {},
    });
    expect(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32).toBe(true);
    const seeds = new Set(Array.from({ length: 20 }, () => resolveSampling().seed));
    expect(seeds.size).toBeGreaterThan(15);
  });

  it('accepts its own result and drops other options', () => {
    const options = { temperature: 0.5, topK: 3, logitBias: { 5: Number.NEGATIVE_INFINITY }, seed: 9 };
    const once = resolveSampling({ ...options, maxNewTokens: 4 } as SamplingOptions);
    expect(once).not.toHaveProperty('maxNewTokens');
    expect(resolveSampling(once)).toEqual(once);
  });

  it.each<[string, SamplingOptions]>([
    ['temperature', { temperature: -1 }],
    ['temperature', { temperature: Number.NaN }],
    ['temperature', { temperature: Number.POSITIVE_INFINITY }],
    ['temperature', { temperature: '1' as unknown as number }],
    ['topK', { topK: 1.5 }],
    ['topK', { topK: -2 }],
    ['topP', { topP: 0 }],
    ['topP', { topP: 1.1 }],
    ['minP', { minP: -0.1 }],
    ['minP', { minP: 2 }],
    ['typicalP', { typicalP: 0 }],
    ['repetitionPenalty', { repetitionPenalty: 0 }],
    ['frequencyPenalty', { frequencyPenalty: Number.NaN }],
    ['presencePenalty', { presencePenalty: Number.POSITIVE_INFINITY }],
    ['noRepeatNgramSize', { noRepeatNgramSize: -2 }],
    ['seed', { seed: 2 ** 32 }],
    ['seed', { seed: 0.5 }],
    ['logitBias', { logitBias: { '-1': 1 } }],
    ['logitBias', { logitBias: { abc: 1 } as unknown as Record<number, number> }],
    ['logitBias[7]', { logitBias: { 7: Number.POSITIVE_INFINITY } }],
    ['logitBias[7]', { logitBias: { 7: Number.NaN } }],
  ])('names %s in %o', (name, options) => {
    const error = refusal(options);
    expect(error.code).toBe('invalid-argument');
    expect(error.message).toContain(`${name} is `);
  });

  it('refuses bias on tokens the model does not have', () => {
    expect(refusal({ logitBias: { 7: 1 } }, 7).message).toContain('logitBias is 7');
    expect(resolveSampling({ logitBias: { 6: 1 } }, 7).logitBias).toEqual({ 6: 1 });
  });

  it('recognises plain greedy sampling', () => {
    expect(isPlainGreedy(resolveSampling({ temperature: 0, topK: 5 }))).toBe(true);
    expect(isPlainGreedy(resolveSampling({ temperature: 0, presencePenalty: 1 }))).toBe(false);
    expect(modifiesLogits(resolveSampling({ logitBias: { 3: 1 } }))).toBe(true);
    expect(modifiesLogits(resolveSampling({ topP: 0.5 }))).toBe(false);
  });
});

it("reads other tools' -1 as off and as random", () => {
  const resolved = resolveSampling({ topK: -1, seed: -1 });
  expect(resolved.topK).toBe(0);
  expect(resolved.seed).toBeGreaterThanOrEqual(0);
  expect(() => resolveSampling({ topK: -2 })).toThrowError(/topK is -2; use a whole number from 0/);
  expect(() => resolveSampling({ noRepeatNgramSize: -1 })).toThrowError(/noRepeatNgramSize is -1/);
});
