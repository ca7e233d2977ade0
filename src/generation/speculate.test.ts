import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect } from '../../test/support/collect.ts';
import { fakeModel, fakeSession, type GenerateOptions, letters } from '../../test/support/fake-model.ts';
import { fakeRuntime, hashRule, type Rule } from '../../test/support/fake-runtime.ts';
import { VitrineError } from '../lib/index.ts';
import { resolveSampling } from '../sampling/index.ts';
import { Speculator } from './speculate.ts';
import type { GeneratedToken } from './token.ts';

const vocabSize = 11;

function modelOn(rule: Rule, nPositions = 160, eosTokenIds: number[] = []) {
  const runtime = fakeRuntime(rule, { vocabSize, nPositions, eosTokenIds });
  return { runtime, model: fakeModel(runtime) };
}

/** Tokens without what only speculation tells. */
function bare(tokens: readonly GeneratedToken[]) {
  return tokens.map(({ speculation: _, ...token }) => token);
}

const looping = hashRule(vocabSize, 1, 5);

describe('speculative decoding', () => {
  it('generates the tokens of the token loop, with any options', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          memory: fc.integer({ min: 1, max: 4 }),
          rule: fc.nat(),
          prompt: fc.array(fc.nat(vocabSize - 1), { minLength: 1, maxLength: 30 }),
          most: fc.integer({ min: 1, max: 7 }),
          temperature: fc.constantFrom(0, 0, 0.5, 1),
          repetitionPenalty: fc.constantFrom(1, 1, 1.3),
          noRepeatNgramSize: fc.constantFrom(0, 0, 5),
          maxNewTokens: fc.integer({ min: 1, max: 60 }),
          nPositions: fc.constantFrom(31, 48, 160),
          overflow: fc.constantFrom('stop' as const, 'slide' as const),
          eos: fc.boolean(),
          stop: fc.constantFrom<string[]>([], ['ab'], ['cde', 'f']),
          seed: fc.nat(),
          logprobs: fc.constantFrom(0, 1, 5),
        }),
        async ({ memory, rule, prompt, most, nPositions, ...options }) => {
          const eos = options.eos ? [3] : [];
          const one = modelOn(hashRule(vocabSize, memory, rule), nPositions, eos);
          const expected = await collect(one.model, prompt, options);
          const two = modelOn(hashRule(vocabSize, memory, rule), nPositions, eos);
          const tokens = await collect(two.model, prompt, { ...options, promptLookupNumTokens: most });
          expect(bare(tokens)).toEqual(expected);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('reports drafted and accepted tokens on the last token', async () => {
    const { model, runtime } = modelOn(looping);
    const tokens = await collect(model, [1, 2], {
      temperature: 0,
      maxNewTokens: 100,
      promptLookupNumTokens: 4,
    });
    const stats = tokens.at(-1)?.speculation;
    expect(tokens.slice(0, -1).every(({ speculation }) => speculation === undefined)).toBe(true);
    expect(stats?.passes).toBe(runtime.passes);
    expect(stats?.drafted).toBe(runtime.rows - runtime.passes);
    expect(stats?.active).toBe(true);
    expect(stats?.accepted).toBeGreaterThan(60);
  });

  it('leaves a text without repetition to the token loop', async () => {
    // Steps through the vocabulary by 1, then by 2, and so on: no pair of neighbours comes twice.
    const stepping: Rule = (ids) => {
      const next = ((ids.at(-1) as number) + 1 + Math.floor((ids.length - 1) / vocabSize)) % vocabSize;
      return Float32Array.from({ length: vocabSize }, (_, id) => (id === next ? 5 : 0));
    };
    const { model, runtime } = modelOn(stepping);
    const options = { temperature: 0, maxNewTokens: 60 };
    const tokens = await collect(model, [0], { ...options, promptLookupNumTokens: 2 });
    expect(bare(tokens)).toEqual(await collect(model, [0], options));
    expect(runtime.passes).toBe(0);
    expect(tokens.at(-1)?.speculation).toEqual({ drafted: 0, accepted: 0, passes: 0, active: true });
  });

  it('pauses when drafts are rejected, and reports it', async () => {
    const assistant = modelOn(hashRule(vocabSize, 1, 99));
    const { model, runtime } = modelOn(looping);
    const options = { temperature: 0, maxNewTokens: 80 };
    const expected = await collect(model, [1, 2], options);
    const tokens = await collect(model, [1, 2], { ...options, assistantModel: assistant.model });
    expect(bare(tokens)).toEqual(expected);
    // 8 by the token loop, 3 passes, 16 by the token loop, 3 passes, 32 by the token loop, 3 passes, and rest.
    expect(tokens.at(-1)?.speculation).toEqual({ drafted: 27, accepted: 0, passes: 9, active: false });
    expect(runtime.passes).toBe(9);
  });

  it('leaves a close choice to the token loop', async () => {
    const tied: Rule = (ids) => {
      const logits = new Float32Array(vocabSize);
      logits[ids.length % 2] = 5;
      if (ids.length % 3 === 0) logits[7] = 5;
      return logits;
    };
    const { model, runtime } = modelOn(tied);
    const options = { temperature: 0, maxNewTokens: 40 };
    const expected = await collect(model, [4], options);
    const seen = runtime.passes;
    const tokens = await collect(model, [4], { ...options, promptLookupNumTokens: 5 });
    expect(bare(tokens)).toEqual(expected);
    expect(runtime.passes).toBeGreaterThan(seen);
  });

  it.each([1, 5, 8, 9, 12, 20, 37])(
    'stops at the signal after %i tokens and is ready again',
    async (count) => {
      for (const lookup of [looping, hashRule(vocabSize, 30, 4)]) {
        const { model } = modelOn(lookup);
        const control = new AbortController();
        const options = { temperature: 0, promptLookupNumTokens: 3, maxNewTokens: 100 };
        const whole = await collect(model, [1, 2], options);
        const tokens: GeneratedToken[] = [];
        for await (const token of model.generate([1, 2], { ...options, signal: control.signal })) {
          tokens.push(token);
          if (tokens.length === count) control.abort();
        }
        expect(tokens.at(-1)?.finishReason).toBe('aborted');
        expect(tokens.at(-1)?.speculation).toBeDefined();
        expect(tokens.length).toBeLessThanOrEqual(count + 4);
        expect(tokens.map(({ id }) => id)).toEqual(whole.slice(0, tokens.length).map(({ id }) => id));
        expect(bare(await collect(model, [1, 2], options))).toEqual(bare(whole));
      }
    },
  );

  it('continues with the same text after a device loss', async () => {
    const { model, runtime } = modelOn(looping);
    const options = { temperature: 0.7, seed: 2, promptLookupNumTokens: 3, maxNewTokens: 50 };
    const whole = await collect(model, [1, 2], options);
    const tokens: GeneratedToken[] = [];
    for await (const token of model.generate([1, 2], options)) {
      tokens.push(token);
      if (tokens.length === 15) runtime.failNext = new VitrineError('device-lost', 'gone');
    }
    expect(tokens.map(({ id }) => id)).toEqual(whole.map(({ id }) => id));
  });

  it('gives up the lock while nobody reads, and continues', async () => {
    const { model } = modelOn(looping);
    const options = { temperature: 0, promptLookupNumTokens: 3, maxNewTokens: 40 };
    const whole = await collect(model, [1, 2], options);
    const unread = model.generate([1, 2], options);
    const tokens: GeneratedToken[] = [];
    for (let at = 0; at < 14; at++) tokens.push((await unread.next()).value);
    await collect(model, [5, 6, 7], { temperature: 0, maxNewTokens: 5 });
    for await (const token of unread) tokens.push(token);
    expect(tokens.map(({ id }) => id)).toEqual(whole.map(({ id }) => id));
  });
});

describe('slow passes', () => {
  /** Runs a speculator whose drafts are always right, on a simulated clock. */
  async function run(millisecondsARow: number) {
    const runtime = fakeRuntime(looping, { vocabSize, nPositions: 400 });
    const session = fakeSession(runtime);
    session.times.decodeTokensPerSecond = 100;
    const sequence = { window: [1], generated: 8, promptInWindow: 1 };
    const speculator = new Speculator({
      session,
      draft: async (ids, most) => {
        const all = [...ids];
        for (let at = 0; at < most; at++)
          all.push(looping(all).reduce((best, logit, id, of) => (logit > (of[best] ?? 0) ? id : best), 0));
        return all.slice(ids.length);
      },
      maxDrafts: 7,
      sampling: resolveSampling({ temperature: 0 }),
      alternatives: 0,
      maxNewTokens: 400,
      now: () => runtime.rows * millisecondsARow,
    });
    const lengths: number[] = [];
    while (speculator.plainSteps(sequence.generated) === 0 && lengths.length < 15) {
      const tokens = await speculator.pass(sequence as never);
      lengths.push(tokens.length);
      sequence.window.push(...tokens.map(({ id }) => id));
      sequence.generated += tokens.length;
    }
    return { lengths, rest: speculator.plainSteps(sequence.generated), stats: speculator.stats };
  }

  it('drafting continues while each row costs less than a token', async () => {
    const { lengths, stats } = await run(9);
    expect(lengths).toEqual([4, ...Array.from({ length: 14 }, () => 8)]);
    expect(stats).toEqual({ drafted: 101, accepted: 101, passes: 15, active: true });
  });
  it('are shortened, then drafting pauses', async () => {
    const { lengths, rest, stats } = await run(11);
    expect(lengths).toEqual([4, 8, 8, 8, 4, 4]);
    expect(rest).toBe(128);
    expect(stats.active).toBe(false);
  });
});

describe('with an assistant', () => {
  const options = { temperature: 0, maxNewTokens: 40 };

  it('generates the same, and accepts what the two models agree on', async () => {
    const { model } = modelOn(looping);
    const expected = await collect(model, [1, 2], options);
    const twin = modelOn(looping);
    const same = await collect(model, [1, 2], { ...options, assistantModel: twin.model });
    expect(bare(same)).toEqual(expected);
    const stats = same.at(-1)?.speculation;
    expect(stats?.accepted).toBe(stats?.drafted);
    expect(stats?.accepted).toBeGreaterThan(20);
    const stranger = modelOn(hashRule(vocabSize, 3, 9));
    const other = await collect(model, [1, 2], { ...options, assistantModel: stranger.model });
    expect(bare(other)).toEqual(expected);
  });

  it('continues without an assistant that is in use or gone', async () => {
    const { model } = modelOn(looping);
    const expected = await collect(model, [1, 2], options);
    const twin = modelOn(looping);
    const busy = twin.model.generate([3], { temperature: 0 });
    await busy.next();
    expect(bare(await collect(model, [1, 2], { ...options, assistantModel: twin.model }))).toEqual(expected);
    await busy.return(undefined);
    const tokens: GeneratedToken[] = [];
    for await (const token of model.generate([1, 2], { ...options, assistantModel: twin.model })) {
      tokens.push(token);
      if (tokens.length === 10) twin.model.dispose();
    }
    expect(bare(tokens)).toEqual(expected);
  });

  it('refuses itself, other objects and other vocabularies', async () => {
    const { model } = modelOn(looping);
    const refused = (assistantModel: unknown) =>
      expect(collect(model, [1], { assistantModel } as GenerateOptions)).rejects;
    await refused(model).toMatchObject({ code: 'invalid-argument' });
    for (const value of [{}, null, 3, 'gpt2'])
      await refused(value).toMatchObject({ code: 'invalid-argument' });
    const other = fakeModel(fakeRuntime(looping), {
      ...letters(vocabSize),
      bytes: (id) => Uint8Array.of(98 + id),
    });
    await refused(other).toMatchObject({ code: 'tokenizer-mismatch' });
    other.dispose();
    await refused(other).toMatchObject({ code: 'disposed' });
  });
});

describe('options', () => {
  it.each<[string, Record<string, unknown>]>([
    ['promptLookupNumTokens', { promptLookupNumTokens: 0 }],
    ['promptLookupNumTokens', { promptLookupNumTokens: 8 }],
    ['promptLookupNumTokens', { promptLookupNumTokens: 2.5 }],
    ['promptLookupNumTokens', { promptLookupNumTokens: '3' }],
    ['promptLookupNumTokens', { promptLookupNumTokens: null }],
    ['promptLookupNumTokens', { promptLookupNumTokens: true }],
    ['n is 2', { promptLookupNumTokens: 3, n: 2 }],
    ['numAssistantTokens', { numAssistantTokens: 3 }],
    ['maxTokens', { maxTokens: 3 }],
    ['toString', { toString: 1 }],
  ])('names %s when it refuses %o', async (name, options) => {
    const { model } = modelOn(looping);
    await expect(collect(model, [1], options as GenerateOptions)).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining(name),
    });
  });
});
