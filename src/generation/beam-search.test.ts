import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect } from '../../test/support/collect.ts';
import { fakeModel, type GenerateOptions } from '../../test/support/fake-model.ts';
import { fakeRuntime, hashRule, type Rule } from '../../test/support/fake-runtime.ts';
import { VitrineError } from '../lib/index.ts';
import type { GeneratedToken } from './token.ts';

interface Setup {
  vocabSize?: number;
  nPositions?: number;
  eos?: number[];
}

function modelOn(rule: Rule, { vocabSize = 11, nPositions = 160, eos = [] }: Setup = {}) {
  const runtime = fakeRuntime(rule, { vocabSize, nPositions, eosTokenIds: eos });
  return { runtime, model: fakeModel(runtime) };
}

/** Texts of a search by rank, each with its score. */
function texts(tokens: readonly GeneratedToken[]) {
  const found: { ids: number[]; score: number; logprob: number }[] = [];
  for (const { id, sequence, logprob, sequenceScore } of tokens) {
    found[sequence] ??= { ids: [], score: Number.NaN, logprob: 0 };
    found[sequence].ids.push(id);
    found[sequence].logprob += logprob;
    if (sequenceScore !== undefined) found[sequence].score = sequenceScore;
  }
  return found;
}

/** The best score of all texts there are. */
function exhaustive(rule: Rule, prompt: number[], most: number, eos: number[], penalty: number): number {
  let best = Number.NEGATIVE_INFINITY;
  const walk = (ids: number[], sum: number) => {
    const logits = rule([...prompt, ...ids]);
    const total = Math.log(logits.reduce((all, logit) => all + Math.exp(logit), 0));
    for (const [id, logit] of logits.entries()) {
      const next = sum + logit - total;
      if (eos.includes(id) || ids.length + 1 === most)
        best = Math.max(best, next / (ids.length + 1) ** penalty);
      else walk([...ids, id], next);
    }
  };
  walk([], 0);
  return best;
}

describe('beam search', () => {
  it.each([
    { vocabSize: 2, most: 4, eos: [] },
    { vocabSize: 3, most: 3, eos: [2] },
    { vocabSize: 8, most: 2, eos: [] },
    { vocabSize: 8, most: 2, eos: [0, 5] },
  ])('finds the best of all texts when the beams hold every prefix: %o', async ({ vocabSize, most, eos }) => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.constantFrom(0.5, 1, 2), async (seed, lengthPenalty) => {
        const rule = hashRule(vocabSize, 9, seed);
        const { model } = modelOn(rule, { vocabSize, eos });
        const options = { numBeams: 8, lengthPenalty, earlyStopping: 'never', maxNewTokens: most } as const;
        const [found] = texts(await collect(model, [1, 0], options));
        expect(found?.score).toBeCloseTo(exhaustive(rule, [1, 0], most, eos, lengthPenalty), 5);
        expect(found?.score).toBeCloseTo(
          (found?.logprob ?? 0) / (found?.ids.length ?? 0) ** lengthPenalty,
          5,
        );
      }),
      { numRuns: 60 },
    );
  });

  it('keeps the KV caches correct, and computes each beam once per step', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.integer({ min: 2, max: 8 }),
        fc.boolean(),
        async (seed, numBeams, ends) => {
          const { model, runtime } = modelOn(hashRule(11, 3, seed), { eos: ends ? [4] : [] });
          const options = { numBeams, n: numBeams, maxNewTokens: 25, earlyStopping: 'never' } as const;
          const found = texts(await collect(model, [1, 2, 3], options));
          expect(found).toHaveLength(numBeams);
          expect(found.map(({ score }) => score)).toEqual(
            found.map(({ score }) => score).sort((left, right) => right - left),
          );
          expect(new Set(found.map(({ ids }) => ids.join())).size).toBe(numBeams);
          expect(runtime.rows).toBeLessThanOrEqual(1 + (runtime.passes - 1) * numBeams);
          // What plain generation finds afterwards does not suffer.
          const greedy = { temperature: 0, maxNewTokens: 10 };
          const other = modelOn(hashRule(11, 3, seed), { eos: ends ? [4] : [] });
          expect(await collect(model, [1, 2, 3], greedy)).toEqual(
            await collect(other.model, [1, 2, 3], greedy),
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  it('reports tokens like any generation, at the end', async () => {
    const { model } = modelOn(hashRule(11, 3, 8));
    const tokens = await collect(model, [1, 2], { numBeams: 3, n: 2, maxNewTokens: 6, logprobs: 4 });
    expect(tokens.map(({ sequence, index }) => [sequence, index])).toEqual(
      [0, 1].flatMap((sequence) => [0, 1, 2, 3, 4, 5].map((index) => [sequence, index])),
    );
    for (const { id, text, index, alternatives, finishReason, sequenceScore } of tokens) {
      expect(text).toBe(String.fromCharCode(97 + id));
      expect(alternatives).toHaveLength(4);
      expect(finishReason).toBe(index === 5 ? 'length' : undefined);
      expect(sequenceScore === undefined).toBe(index !== 5);
    }
  });

  it('ends at the context, and at the end-of-text token without its text', async () => {
    const { model } = modelOn(hashRule(11, 3, 8), { nPositions: 12 });
    const tokens = await collect(model, [1, 2, 3, 4, 5, 6, 7, 8], { numBeams: 4 });
    expect(tokens).toHaveLength(5);
    expect(tokens.at(-1)?.finishReason).toBe('context');
    const certain: Rule = (ids) =>
      Float32Array.from({ length: 11 }, (_, id) => (id === (ids.length > 4 ? 7 : 2) ? 9 : 0));
    const ended = modelOn(certain, { eos: [7] });
    const text = await collect(ended.model, [1], { numBeams: 2, earlyStopping: true });
    expect(text.map(({ id }) => id)).toEqual([2, 2, 2, 2, 7]);
    expect(text.at(-1)?.finishReason).toBe('eos');
  });

  it('throws on abort, and can run again', async () => {
    const control = new AbortController();
    const rule = hashRule(11, 3, 8);
    const { model, runtime } = modelOn((ids) => {
      if (ids.length === 9) control.abort();
      return rule(ids);
    });
    const running = collect(model, [1], { numBeams: 4, maxNewTokens: 100, signal: control.signal });
    await expect(running).rejects.toMatchObject({ code: 'aborted' });
    expect(runtime.passes).toBe(9);
    expect(await collect(model, [1], { temperature: 0, maxNewTokens: 3 })).toHaveLength(3);
  });

  it('starts over after a device loss', async () => {
    const rule = hashRule(11, 3, 8);
    const options = { numBeams: 4, maxNewTokens: 30 };
    const expected = await collect(modelOn(rule).model, [1], options);
    let loss: VitrineError | undefined = new VitrineError('device-lost', 'gone');
    const { model, runtime } = modelOn((ids) => {
      if (ids.length === 9 && loss) {
        runtime.failNext = loss;
        loss = undefined;
      }
      return rule(ids);
    });
    expect(await collect(model, [1], options)).toEqual(expected);
    expect(loss).toBeUndefined();
    expect(runtime.passes).toBeGreaterThan(31);
  });

  it('lets other calls run while its texts are not read', async () => {
    const { model } = modelOn(hashRule(11, 3, 8));
    const unread = model.generate([1], { numBeams: 3, maxNewTokens: 9 });
    await unread.next();
    expect(await collect(model, [2], { temperature: 0, maxNewTokens: 3 })).toHaveLength(3);
    let rest = 0;
    for await (const _ of unread) rest++;
    expect(rest).toBe(8);
  });

  it.each<[string, Record<string, unknown>]>([
    ['numBeams', { numBeams: 1 }],
    ['numBeams', { numBeams: 9 }],
    ['numBeams', { numBeams: '4' }],
    ['numBeams', { numBeams: null }],
    ['temperature', { numBeams: 2, temperature: 1 }],
    ['penalties', { numBeams: 2, repetitionPenalty: 1.1 }],
    ['bias', { numBeams: 2, logitBias: { 3: 1 } }],
    ['stop', { numBeams: 2, stop: ['x'] }],
    ['slide', { numBeams: 2, overflow: 'slide' }],
    ['speculative', { numBeams: 2, promptLookupNumTokens: 2 }],
    ['n is 3', { numBeams: 2, n: 3 }],
    ['lengthPenalty', { numBeams: 2, lengthPenalty: Number.NaN }],
    ['lengthPenalty', { numBeams: 2, lengthPenalty: '1' }],
    ['lengthPenalty', { lengthPenalty: 1 }],
    ['earlyStopping', { numBeams: 2, earlyStopping: 'always' }],
    ['earlyStopping', { earlyStopping: true }],
  ])('names %s when it refuses %o', async (name, options) => {
    const { model } = modelOn(hashRule(11, 3, 8));
    await expect(collect(model, [1], options as GenerateOptions)).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining(name),
    });
  });
});
