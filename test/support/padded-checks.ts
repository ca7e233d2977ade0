import { afterAll, beforeAll, expect, it } from 'vitest';
import { type GenerateOptions, type LoadedModel, loadHere } from '../../src/engine/index.ts';
import { loadOn } from './gpu.ts';
import { letterCount, paddedModelFiles, paddedRows } from './padded-model.ts';

const text = 'abcabcabc';

type Case = [what: string, options: GenerateOptions];
const cases: Case[] = [
  ['a draw with cuts', { seed: 2, topK: 30, topP: 0.9, minP: 0.01, typicalP: 0.95 }],
  ['beam search', { numBeams: 3, n: 2 }],
];
/** The kernels of the GPU have cases of their own for these. */
const moreOnCpu: Case[] = [
  ['a draw', { seed: 1 }],
  ['penalties', { seed: 3, repetitionPenalty: 1.3, frequencyPenalty: 1, noRepeatNgramSize: 2 }],
  ['a bias on padding', { seed: 4, logitBias: { 30: 100 } }],
  ['a batch', { seed: 5, n: 3 }],
  ['prompt lookup', { temperature: 0, promptLookupNumTokens: 3 }],
];

/** What has to hold on every device for a model with rows that have no token. */
export function testPaddedRows(backend: 'cpu' | 'gpu'): void {
  const load = async () =>
    (await loadHere(paddedModelFiles(), { ...(await loadOn(backend)), dtype: 'f32', cache: false })).model;
  let model: LoadedModel;
  beforeAll(async () => {
    model = await load();
  });
  afterAll(() => model.dispose());
  const write = async (options: GenerateOptions) => {
    const tokens = [];
    for await (const token of model.generate(text, { maxNewTokens: 12, logprobs: 5, ...options }))
      tokens.push(token);
    return tokens;
  };
  const isLetter = (id: number) => id < letterCount;

  it('logits have the rows without a token, and the card counts them', async () => {
    const logits = await model.logits(model.encode(text));
    expect(logits).toHaveLength(letterCount + paddedRows);
    expect([...logits.slice(letterCount)]).toEqual(new Array(paddedRows).fill(0));
    expect(Math.max(...logits.slice(0, letterCount))).toBeLessThan(-40);
    expect(model.card.paddedRows).toBe(paddedRows);
    expect(model.card.notices.join(' ')).toContain(`${paddedRows} of the ${letterCount + paddedRows} rows`);
  });

  it('greedy text is the likeliest letter each time, with its own log-probability', async () => {
    const ids = model.encode(text);
    for (const token of await write({ temperature: 0 })) {
      const logits = await model.logits(ids);
      const letters = logits.slice(0, letterCount);
      expect(token.id).toBe(letters.indexOf(Math.max(...letters)));
      const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
      expect(token.logprob).toBeCloseTo((logits[token.id] as number) - total, 2);
      expect(token.alternatives[0]?.id).toBe(token.id);
      expect(token.alternatives.every(({ id }) => isLetter(id))).toBe(true);
      ids.push(token.id);
    }
  });

  it.each(backend === 'cpu' ? [...cases, ...moreOnCpu] : cases)(
    '%s never gives an id without a token',
    async (_what, options) => {
      const tokens = await write(options);
      expect(tokens.length).toBe(12 * (options.n ?? 1));
      for (const { id, alternatives } of tokens)
        expect([id, ...alternatives.map((other) => other.id)].every(isLetter)).toBe(true);
    },
  );

  it('an assistant drafts tokens only, and the text stays the same', async () => {
    const assistantModel = await load();
    const plain = await write({ temperature: 0, maxNewTokens: 30 });
    const assisted = await write({ temperature: 0, maxNewTokens: 30, assistantModel });
    expect(assisted.map(({ id }) => id)).toEqual(plain.map(({ id }) => id));
    expect(assisted.at(-1)?.speculation?.accepted).toBeGreaterThan(0);
    assistantModel.dispose();
  });
}
