import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect, fakeModel, letters } from '../../test/support/fake-model.ts';
import { fakeRuntime, hashRule, type Rule } from '../../test/support/fake-runtime.ts';
import { VitrineError } from '../lib/index.ts';
import { lookUp } from './lookup.ts';
import { Pace } from './pace.ts';
import type { GeneratedToken, GenerateOptions } from './types.ts';

const vocabSize = 11;

function standing(rule: Rule, nPositions = 160, eosTokenIds: number[] = []) {
  const runtime = fakeRuntime(rule, { vocabSize, nPositions, eosTokenIds });
  return { runtime, model: fakeModel(runtime) };
}

/** Tokens without what only speculation tells. */
function bare(tokens: readonly GeneratedToken[]) {
  return tokens.map(({ speculation: _, ...token }) => token);
}

const looping = hashRule(vocabSize, 1, 5);

describe('lookUp', () => {
  it('copies what followed the latest occurrence of the longest match', () => {
    expect(lookUp([1, 2, 3, 9, 1, 2, 3, 8, 7, 5, 2, 3, 6, 1, 2, 3], 3)).toEqual([8, 7, 5]);
    expect(lookUp([4, 2, 3, 6, 0, 7, 2, 3], 2)).toEqual([6, 0]);
  });
  it('goes on into its own copy where a text repeats itself', () => {
    expect(lookUp([1, 2, 1, 2, 1, 2], 5)).toEqual([1, 2, 1, 2, 1]);
    expect(lookUp([7, 7, 7], 4)).toEqual([7, 7, 7, 7]);
  });
  it('finds nothing where nothing came twice, or too little', () => {
    for (const ids of [[], [1], [1, 1], [1, 2, 3, 4], [1, 2, 1]]) expect(lookUp(ids, 4)).toEqual([]);
  });
});

describe('Pace', () => {
  const noted = (passes: number, [guesses, accepted, milliseconds]: [number, number, number]) => {
    const pace = new Pace(10);
    for (let pass = 0; pass < passes; pass++) pace.note(guesses, accepted, milliseconds);
    return pace;
  };
  it('decides by time once some passes are timed', () => {
    expect(noted(5, [4, 0, 900]).pays).toBe(true);
    expect(noted(6, [4, 2, 29]).pays).toBe(true);
    expect(noted(6, [4, 2, 31]).pays).toBe(false);
  });
  it('does not count one pass that had to wait', () => {
    const pace = noted(8, [4, 3, 20]);
    pace.note(4, 3, 5000);
    expect(pace.pays).toBe(true);
  });
  it('gives up when nothing was accepted for long, however fast', () => {
    expect(noted(15, [0, 0, 1]).pays).toBe(true);
    expect(noted(16, [0, 0, 1]).pays).toBe(false);
  });
  it('looks at the latest passes only', () => {
    const pace = noted(40, [4, 4, 20]);
    for (let pass = 0; pass < 16; pass++) pace.note(4, 0, 20);
    expect(pace.pays).toBe(false);
  });
});

describe('speculative decoding', () => {
  it('writes what the token loop writes, whatever the options', async () => {
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
          const one = standing(hashRule(vocabSize, memory, rule), nPositions, eos);
          const expected = await collect(one.model, prompt, options);
          const two = standing(hashRule(vocabSize, memory, rule), nPositions, eos);
          const tokens = await collect(two.model, prompt, { ...options, promptLookupNumTokens: most });
          expect(bare(tokens)).toEqual(expected);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('counts what it guessed and what was right, on the last token', async () => {
    const { model, runtime } = standing(looping);
    const tokens = await collect(model, [1, 2], {
      temperature: 0,
      maxNewTokens: 100,
      promptLookupNumTokens: 4,
    });
    const stats = tokens.at(-1)?.speculation;
    expect(tokens.slice(0, -1).every(({ speculation }) => speculation === undefined)).toBe(true);
    expect(stats?.passes).toBe(runtime.passes);
    expect(stats?.drafted).toBe(runtime.rows - runtime.passes);
    // The first tokens are the token loop's; each pass writes one and what was accepted.
    expect(stats?.active).toBe(true);
    expect(8 + (stats?.passes ?? 0) + (stats?.accepted ?? 0)).toBe(100);
    expect(stats?.accepted).toBeGreaterThan(60);
  });

  it('gives up where nothing comes twice, and leaves the rest to the token loop', async () => {
    // Steps through the vocabulary by 1, then by 2, and so on: no pair of neighbours comes twice.
    const stepping: Rule = (ids) => {
      const next = ((ids.at(-1) as number) + 1 + Math.floor((ids.length - 1) / vocabSize)) % vocabSize;
      return Float32Array.from({ length: vocabSize }, (_, id) => (id === next ? 5 : 0));
    };
    const { model, runtime } = standing(stepping);
    const options = { temperature: 0, maxNewTokens: 60 };
    const tokens = await collect(model, [0], { ...options, promptLookupNumTokens: 2 });
    expect(bare(tokens)).toEqual(await collect(model, [0], options));
    expect(runtime.passes).toBe(16);
    expect(tokens.at(-1)?.speculation).toEqual({ drafted: 0, accepted: 0, passes: 16, active: false });
  });

  it('leaves a choice between near equals to the token loop', async () => {
    const tied: Rule = (ids) => {
      const logits = new Float32Array(vocabSize);
      logits[ids.length % 2] = 5;
      if (ids.length % 3 === 0) logits[7] = 5;
      return logits;
    };
    const { model, runtime } = standing(tied);
    const options = { temperature: 0, maxNewTokens: 40 };
    const expected = await collect(model, [4], options);
    const seen = runtime.passes;
    const tokens = await collect(model, [4], { ...options, promptLookupNumTokens: 5 });
    expect(bare(tokens)).toEqual(expected);
    expect(runtime.passes).toBeGreaterThan(seen);
  });

  it('stops at the signal and is ready again', async () => {
    const { model } = standing(looping);
    const control = new AbortController();
    const options = { temperature: 0, promptLookupNumTokens: 3, maxNewTokens: 100 };
    const whole = await collect(model, [1, 2], options);
    const tokens: GeneratedToken[] = [];
    for await (const token of model.generate([1, 2], { ...options, signal: control.signal })) {
      tokens.push(token);
      if (tokens.length === 20) control.abort();
    }
    expect(tokens.at(-1)?.finishReason).toBe('aborted');
    expect(tokens.at(-1)?.speculation).toBeDefined();
    expect(tokens.map(({ id }) => id)).toEqual(whole.slice(0, tokens.length).map(({ id }) => id));
    expect(bare(await collect(model, [1, 2], options))).toEqual(bare(whole));
  });

  it('goes on after a lost device with the same text', async () => {
    const { model, runtime } = standing(looping);
    const options = { temperature: 0.7, seed: 2, promptLookupNumTokens: 3, maxNewTokens: 50 };
    const whole = await collect(model, [1, 2], options);
    const tokens: GeneratedToken[] = [];
    for await (const token of model.generate([1, 2], options)) {
      tokens.push(token);
      if (tokens.length === 15) runtime.failNext = new VitrineError('device-lost', 'gone');
    }
    expect(tokens.map(({ id }) => id)).toEqual(whole.map(({ id }) => id));
  });

  it('gives its turn up while nobody reads, and goes on', async () => {
    const { model } = standing(looping);
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

describe('with an assistant', () => {
  const options = { temperature: 0, maxNewTokens: 40 };

  it('writes the same, and what the two agree on is accepted', async () => {
    const { model } = standing(looping);
    const expected = await collect(model, [1, 2], options);
    const twin = standing(looping);
    const same = await collect(model, [1, 2], { ...options, assistantModel: twin.model });
    expect(bare(same)).toEqual(expected);
    const stats = same.at(-1)?.speculation;
    expect(stats?.accepted).toBe(stats?.drafted);
    expect(stats?.accepted).toBeGreaterThan(20);
    const stranger = standing(hashRule(vocabSize, 3, 9));
    const other = await collect(model, [1, 2], { ...options, assistantModel: stranger.model });
    expect(bare(other)).toEqual(expected);
  });

  it('goes on without one that is in use or gone', async () => {
    const { model } = standing(looping);
    const expected = await collect(model, [1, 2], options);
    const twin = standing(looping);
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

  it('refuses itself, strangers and other vocabularies', async () => {
    const { model } = standing(looping);
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
  ])('%s is named when %o is refused', async (name, options) => {
    const { model } = standing(looping);
    await expect(collect(model, [1], options as GenerateOptions)).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining(name),
    });
  });
});
