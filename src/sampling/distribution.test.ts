import { describe, expect, it } from 'vitest';
import { seeded } from '../../test/support/numbers.ts';
import { distribution, distributionSteps, sampleReference, stepNames } from './distribution.ts';
import { resolveSampling } from './resolve.ts';
import type { SamplingOptions } from './types.ts';

const context = { ids: [], promptLength: 0 };
const of = (logits: Float32Array, options: SamplingOptions) =>
  distribution(logits, context, resolveSampling({ seed: 1, ...options }));
const idsOf = (logits: readonly number[], options: SamplingOptions) => [
  ...of(Float32Array.from(logits), options).ids,
];

/** Logits with ties in them, spread like a language model's. */
function randomLogits(seed: number, size: number): Float32Array {
  const next = seeded(seed);
  const deviation = [0, 0.01, 1, 4, 10][seed % 5] as number;
  return Float32Array.from({ length: size }, () => {
    const value = deviation * (next() + next() + next() - 1.5) * 2;
    return next() < 0.3 ? Math.round(value) : value;
  });
}

/** The textbook's way, in f64: sort, softmax, cut; and how near each token was to being cut otherwise. */
function textbook(
  logits: Float32Array,
  options: Required<Pick<SamplingOptions, 'temperature'>> & SamplingOptions,
) {
  let kept = [...logits].map((logit, id) => ({ id, score: logit / options.temperature, p: 0, doubt: false }));
  const normalise = () => {
    const top = Math.max(...kept.map(({ score }) => score));
    for (const token of kept) token.p = Math.exp(token.score - top);
    const total = kept.reduce((sum, { p }) => sum + p, 0);
    for (const token of kept) token.p /= total;
  };
  const near = (a: number, b: number) => Math.abs(a - b) < 1e-5 * Math.max(a, b, 0.01);
  let doubtful = false;
  const cut = (weight: number, ties: (index: number, last: number) => boolean) => {
    let sum = 0;
    let last = -1;
    for (const [index, token] of kept.entries()) {
      if (near(sum, weight)) doubtful = true;
      if (sum < weight) last = index;
      sum += token.p;
    }
    kept = kept.filter((_, index) => index <= last || ties(index, last));
  };
  if (options.topK) {
    const sorted = kept.map(({ id }) => logits[id] as number).sort((a, b) => b - a);
    const threshold = sorted[Math.min(options.topK, sorted.length) - 1] as number;
    kept = kept.filter(({ id }) => (logits[id] as number) >= threshold);
  }
  normalise();
  if (options.topP !== undefined) {
    kept.sort((a, b) => b.score - a.score || b.id - a.id);
    cut(options.topP, () => false);
    normalise();
  }
  if (options.minP !== undefined) {
    const threshold = options.minP * Math.max(...kept.map(({ p }) => p));
    if (kept.some(({ p }) => near(p, threshold) && p !== threshold)) doubtful = true;
    kept = kept.filter(({ p }) => p >= threshold);
    normalise();
  }
  if (options.typicalP !== undefined) {
    const entropy = kept.reduce((sum, { p }) => sum - (p > 0 ? p * Math.log(p) : 0), 0);
    const distance = (p: number) => Math.abs(-Math.log(p) - entropy);
    kept.sort((a, b) => distance(a.p) - distance(b.p));
    const distances = kept.map(({ p }) => distance(p));
    for (let i = 1; i < distances.length; i++)
      if (distances[i] !== distances[i - 1] && (distances[i] as number) - (distances[i - 1] as number) < 1e-4)
        doubtful = true;
    cut(
      options.typicalP,
      (index, last) => (distances[index] as number) <= (distances[last] as number) + 1e-12,
    );
    normalise();
  }
  return { kept: kept.sort((a, b) => a.id - b.id), doubtful };
}

const settings: (SamplingOptions & { temperature: number })[] = [
  { temperature: 1 },
  { temperature: 0.7, topK: 3 },
  { temperature: 1.3, topK: 40 },
  { temperature: 1, topP: 0.9 },
  { temperature: 0.5, topP: 0.2 },
  { temperature: 1, minP: 0.1 },
  { temperature: 1, typicalP: 0.5 },
  { temperature: 0.8, topK: 50, topP: 0.95, minP: 0.02 },
  { temperature: 1.1, topK: 30, topP: 0.9, minP: 0.01, typicalP: 0.8 },
];

describe('distribution', () => {
  it.each(settings)('equals the textbook in f64 for 1,000 random vectors: %o', (options) => {
    let compared = 0;
    for (let seed = 0; seed < 1000; seed++) {
      const logits = randomLogits(seed, seed < 700 ? 7 : seed < 996 ? 300 : 50257);
      const expected = textbook(logits, options);
      const { ids, probabilities } = of(logits, options);
      expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
      // A token whose place in or out hangs on the seventh digit says nothing about the method.
      if (expected.doubtful) continue;
      compared++;
      expect([...ids]).toEqual(expected.kept.map(({ id }) => id));
      const far = expected.kept.filter(
        ({ p }, i) => !(Math.abs((probabilities[i] as number) - p) <= 1e-5 * p + 2 ** -36),
      );
      expect(far).toEqual([]);
    }
    expect(compared).toBeGreaterThan(500);
  });

  it('top-k keeps all ties of the k-th', () => {
    expect(idsOf([1, 3, 2, 2, 2, 0], { topK: 2 })).toEqual([1, 2, 3, 4]);
    expect(idsOf([1, 1, 1, 1], { topK: 1 })).toEqual([0, 1, 2, 3]);
    expect(idsOf([3, 1, 2], { topK: 99 })).toEqual([0, 1, 2]);
  });

  it('top-p keeps the highest ids among ties', () => {
    expect(idsOf([0, 0, 0, 0], { topP: 0.5 })).toEqual([2, 3]);
    expect(idsOf([0.3, 0.1, 0.1, 0.5].map(Math.log), { topP: 0.8 })).toEqual([0, 3]);
    expect(idsOf([0.15, 0.3, 0.3, 0.25].map(Math.log), { topP: 0.8 })).toEqual([1, 2, 3]);
    expect(idsOf([0, 0, 0, 0], { topP: 0.51 })).toEqual([1, 2, 3]);
    expect(idsOf([0, 9, 0, 9], { topP: 1e-9 })).toEqual([3]);
  });

  it('min-p and typical-p keep at least one token and all ties', () => {
    expect(idsOf([1, 5, 5, 0], { minP: 1 })).toEqual([1, 2]);
    expect(idsOf([2, 2, 2], { typicalP: 0.01 })).toEqual([0, 1, 2]);
    expect(idsOf([7], { topK: 1, topP: 0.1, minP: 1, typicalP: 0.1 })).toEqual([0]);
  });

  it('works at any temperature', () => {
    const logits = randomLogits(4, 300);
    const best = logits.indexOf(Math.max(...logits));
    const cold = of(logits, { temperature: 1e-6 });
    expect(cold.probabilities[best]).toBe(1);
    const hot = of(logits, { temperature: 1e6 });
    for (const p of hot.probabilities) expect(p * 300).toBeCloseTo(1, 4);
    expect([...of(logits, { temperature: 1e6, topK: 1 }).ids]).toEqual([best]);
    expect([...of(logits, { temperature: 0 }).ids]).toEqual([best]);
  });

  it('excludes banned tokens, and lifts bans when nothing is left', () => {
    const ban = Number.NEGATIVE_INFINITY;
    expect(idsOf([1, 2, 3], { logitBias: { 2: ban } })).toEqual([0, 1]);
    expect(idsOf([1, 3, 3], { logitBias: { 0: ban, 1: ban, 2: ban } })).toEqual([1]);
    expect(idsOf([1, 3, 3], { logitBias: { 0: ban, 1: ban, 2: ban }, temperature: 0 })).toEqual([1]);
    expect(idsOf([Number.NaN, Number.NaN], {})).toEqual([0]);
  });
});

describe('sampleReference', () => {
  it('matches the distribution: chi-square over 100,000 draws', () => {
    const logits = randomLogits(3, 100);
    const sampling = resolveSampling({ temperature: 0.9, topK: 40, seed: 20 });
    const { ids, probabilities } = distribution(logits, context, sampling);
    const counts = new Map<number, number>();
    const draws = 100_000;
    const few = 7;
    for (let draw = 0; draw < draws; draw++) {
      const id = sampleReference(logits, context, sampling, { sequence: draw % few, draw });
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    let chiSquare = 0;
    for (const [i, id] of ids.entries()) {
      const expected = draws * (probabilities[i] as number);
      chiSquare += ((counts.get(id) ?? 0) - expected) ** 2 / expected;
      counts.delete(id);
    }
    expect(counts.size, 'tokens outside the support').toBe(0);
    // Mean n - 1, deviation sqrt(2 (n - 1)); five deviations are beyond chance, and the seed is fixed.
    const freedom = ids.length - 1;
    expect(chiSquare).toBeLessThan(freedom + 5 * Math.sqrt(2 * freedom));
  }, 60_000);

  it('is a function of seed, sequence and draw', () => {
    const logits = randomLogits(7, 300);
    const run = (seed: number, sequence: number) =>
      Array.from({ length: 50 }, (_, draw) =>
        sampleReference(logits, context, resolveSampling({ seed }), { sequence, draw }),
      );
    expect(run(5, 0)).toEqual(run(5, 0));
    expect(run(5, 0)).not.toEqual(run(6, 0));
    expect(run(5, 0)).not.toEqual(run(5, 1));
  });

  it('is greedy at temperature 0, lowest id among equals, after penalties', () => {
    const sampling = resolveSampling({ temperature: 0, presencePenalty: 1 });
    const logits = Float32Array.of(1, 5, 4.5, 4.5);
    const draw = { sequence: 0, draw: 0 };
    expect(sampleReference(logits, context, sampling, draw)).toBe(1);
    expect(sampleReference(logits, { ids: [1], promptLength: 0 }, sampling, draw)).toBe(2);
  });
});

describe('distributionSteps', () => {
  it('returns every step; the last is the distribution', () => {
    const logits = randomLogits(9, 50);
    const sampling = resolveSampling({ temperature: 0.8, topK: 20, topP: 0.9, minP: 0.01, typicalP: 0.9 });
    const steps = distributionSteps(logits, context, sampling);
    expect(steps.map(({ step }) => step)).toEqual([...stepNames]);
    const { ids, probabilities } = distribution(logits, context, sampling);
    const last = steps.at(-1);
    expect(last?.kept).toBe(ids.length);
    for (const [i, id] of ids.entries()) expect(last?.probabilities[id]).toBe(probabilities[i]);
    for (let i = 3; i < steps.length; i++)
      expect(steps[i]?.kept).toBeLessThanOrEqual(steps[i - 1]?.kept as number);
    for (const { probabilities: all } of steps) expect(all.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
  });

  it('gives one token all probability at temperature 0', () => {
    const steps = distributionSteps(Float32Array.of(1, 2, 0), context, resolveSampling({ temperature: 0 }));
    expect([...(steps[2]?.probabilities ?? [])]).toEqual([0, 1, 0]);
    expect(steps[1]?.kept).toBe(3);
  });
});
