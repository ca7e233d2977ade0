import { describe, expect, it } from 'vitest';
import { distribution } from './distribution.ts';
import { log2Fixed } from './fixed-point.ts';
import { resolveSampling } from './resolve.ts';
import { firstMu, nextMu } from './statistics.ts';
import type { SamplingContext, SamplingOptions } from './types.ts';

const nothing = { ids: [], promptLength: 0 };

const chosen = (logits: readonly number[], options: SamplingOptions, context: SamplingContext = nothing) =>
  distribution(Float32Array.from(logits), context, resolveSampling({ seed: 1, ...options }));
const kept = (...parameters: Parameters<typeof chosen>) => [...chosen(...parameters).ids];

describe('log2 in fixed point', () => {
  it.each([1, 2, 3, 5, 1000, 2 ** 24 - 1, 2 ** 32 - 1, 2 ** 36, 2 ** 50 - 1, 2 ** 53 - 1])(
    'of %d',
    (value) => {
      const log = log2Fixed(value) / 2 ** 24;
      expect(log).toBeLessThanOrEqual(Math.log2(value));
      expect(log).toBeGreaterThan(Math.log2(value) - 2 ** -23);
    },
  );
});

describe('top-n-sigma', () => {
  // Distances 0, 1, 2, 3 have the standard deviation sqrt(1.25) = 1.118.
  const logits = [0, -1, -2, -3];

  it.each([
    [0.8, [0]],
    [1, [0, 1]],
    [1.7, [0, 1]],
    [1.8, [0, 1, 2]],
    [2.7, [0, 1, 2, 3]],
  ])('%d keeps tokens %j', (topNSigma, ids) => {
    expect(kept(logits, { topNSigma })).toEqual(ids);
  });

  it('does not depend on the temperature', () => {
    for (const temperature of [0.1, 1, 7])
      expect(kept(logits, { topNSigma: 1, temperature })).toEqual([0, 1]);
  });

  it('takes the deviation of what is not banned', () => {
    // Without token 3 the distances 0, 1, 2 have the deviation sqrt(2 / 3) = 0.816.
    const logitBias = { 3: Number.NEGATIVE_INFINITY };
    expect(kept(logits, { topNSigma: 1.2, logitBias })).toEqual([0]);
    expect(kept(logits, { topNSigma: 1.3, logitBias })).toEqual([0, 1]);
  });

  it('keeps all of equal logits', () => {
    expect(kept([5, 5, 5], { topNSigma: 0.01 })).toEqual([0, 1, 2]);
  });
});

describe('dynamic temperature', () => {
  const entropy = (probabilities: readonly number[]) =>
    probabilities.reduce((sum, p) => sum - p * Math.log2(p), 0);

  it.each([
    [[0.9, 0.1], 1, 0.5, 1],
    [[0.6, 0.2, 0.15, 0.05], 1, 0.7, 1],
    [[0.6, 0.2, 0.15, 0.05], 0.8, 0.3, 2.5],
    [[0.97, 0.01, 0.01, 0.01], 0.5, 1, 0.4],
  ])(
    'of %j at %d with range %d and exponent %d',
    (probabilities, temperature, dynatempRange, dynatempExponent) => {
      const share = entropy(probabilities) / Math.log2(probabilities.length);
      const [low, high] = [Math.max(0, temperature - dynatempRange), temperature + dynatempRange];
      const moved = low + (high - low) * share ** dynatempExponent;
      const weights = probabilities.map((p) => p ** (1 / moved));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const found = chosen(probabilities.map(Math.log), { temperature, dynatempRange, dynatempExponent });
      for (const [id, weight] of weights.entries())
        expect(found.probabilities[id]).toBeCloseTo(weight / total, 5);
    },
  );

  it('leaves a single token and a range of 0 alone', () => {
    expect(kept([3], { dynatempRange: 1 })).toEqual([0]);
    expect(chosen([0, 1], { dynatempRange: 0 })).toEqual(chosen([0, 1], {}));
  });
});

describe('mirostat', () => {
  // Surprises of 1, 2, 3 and 3 bits.
  const logits = [0.5, 0.25, 0.125, 0.125].map(Math.log);

  it.each([
    [0.5, [0]],
    [-10, [0]],
    [1.01, [0]],
    [2.01, [0, 1]],
    [3.01, [0, 1, 2, 3]],
  ])('with mu %d keeps tokens %j', (mirostatMu, ids) => {
    expect(kept(logits, { mirostatTau: 3 }, { ...nothing, mirostatMu })).toEqual(ids);
  });

  it('begins at twice its target and moves against the error', () => {
    const sampling = resolveSampling({ mirostatTau: 5, mirostatEta: 0.1 });
    expect(firstMu(sampling)).toBe(10);
    // A surprise of 3 bits is 2 below the target: mu goes up by 0.2.
    expect(nextMu(10, Math.log(1 / 8), sampling)).toBeCloseTo(10.2, 5);
    expect(nextMu(10, Math.log(2 ** -9), sampling)).toBeCloseTo(9.6, 5);
    expect(firstMu(resolveSampling({}))).toBeUndefined();
  });

  it('stays within bounds', () => {
    const sampling = resolveSampling({ mirostatTau: 5, mirostatEta: 1 });
    expect(nextMu(0, Number.NEGATIVE_INFINITY, sampling)).toBe(-59);
    let mu = 0;
    for (let token = 0; token < 100; token++) mu = nextMu(mu, 0, sampling);
    expect(mu).toBe(64);
  });

  it('steers the surprise of draws to its target', () => {
    const random = Array.from({ length: 4000 }, (_, i) => (i * 0.6180339887) % 1);
    const flat = Array.from({ length: 200 }, (_, id) => -0.05 * id);
    const norm = Math.log(flat.reduce((sum, logit) => sum + Math.exp(logit), 0));
    const sampling = resolveSampling({ mirostatTau: 5, mirostatEta: 0.1, seed: 3 });
    let mirostatMu = firstMu(sampling) as number;
    let bits = 0;
    for (const point of random) {
      const { ids, probabilities } = distribution(
        Float32Array.from(flat),
        { ...nothing, mirostatMu },
        sampling,
      );
      let sum = 0;
      let at = 0;
      while (at < ids.length - 1 && sum + (probabilities[at] as number) <= point)
        sum += probabilities[at++] as number;
      const logprob = (flat[ids[at] as number] as number) - norm;
      bits -= logprob / Math.LN2 / random.length;
      mirostatMu = nextMu(mirostatMu, logprob, sampling);
    }
    expect(bits).toBeGreaterThan(4.95);
    expect(bits).toBeLessThan(5.05);
  });
});
