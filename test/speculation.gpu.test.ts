import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type GeneratedToken,
  type GenerateOptions,
  type LoadedModel,
  loadHere,
} from '../src/engine/index.ts';
import { collect } from './support/collect.ts';
import { modelFiles } from './support/model-files.ts';
import {
  openTinyTales,
  type TinyTalesReference,
  tinyTalesFileNames,
  tinyTalesFiles,
} from './support/tiny-tales.ts';

const lines = Array.from(
  { length: 8 },
  (_, at) => `${at + 1}. The king gave the miller ${at + 1} gold coins.\n`,
);
const repetitive = lines.join('');

function expectSame(actual: readonly GeneratedToken[], expected: readonly GeneratedToken[]): void {
  const told = ({ id, text, index, finishReason }: GeneratedToken) => ({ id, text, index, finishReason });
  expect(actual.map(told)).toEqual(expected.map(told));
  for (const [index, { logprob, alternatives }] of actual.entries()) {
    expect(logprob).toBeCloseTo(expected[index]?.logprob as number, 3);
    expect(alternatives).toHaveLength(expected[index]?.alternatives.length as number);
  }
}

describe.each(['gpu', 'cpu'] as const)('speculative decoding on the %s', (backend) => {
  // The engine's own code is the same on both, and the CPU is faster than a GPU made of software.
  const onlyOnCpu = (name: string, run: () => Promise<void>) => {
    if (backend === 'cpu') it(name, run);
  };
  let model: LoadedModel;
  let reference: TinyTalesReference;

  beforeAll(async () => {
    ({ model, reference } = await openTinyTales(backend));
  });
  afterAll(() => model.dispose());

  it('writes what PyTorch writes after every prompt', async () => {
    const prompts = backend === 'cpu' ? reference.prompts : reference.prompts.slice(0, 2);
    const count = backend === 'cpu' ? 32 : 16;
    for (const { ids, greedy_ids } of prompts) {
      const options = { temperature: 0, maxNewTokens: count, eos: false, promptLookupNumTokens: 7 };
      const tokens = await collect(model, ids, options);
      expect(tokens.map(({ id }) => id)).toEqual(greedy_ids.slice(0, count));
      expect(tokens.at(-1)?.speculation).toBeDefined();
    }
  });

  const settings: [string, GenerateOptions][] = [
    ['drawn', { temperature: 0.3, topK: 5, seed: 3, logprobs: 3 }],
    ['penalised', { temperature: 0.3, repetitionPenalty: 1.01, presencePenalty: 0.01, seed: 5 }],
  ];
  it.each(backend === 'cpu' ? settings : settings.slice(0, 1))(
    'writes the same text, %s',
    async (_, changes) => {
      const options = { ...changes, maxNewTokens: 24, eos: false };
      const text = backend === 'cpu' ? repetitive : lines.slice(0, 4).join('');
      const plain = await collect(model, text, options);
      const tokens = await collect(model, text, { ...options, promptLookupNumTokens: 7 });
      expectSame(tokens, plain);
      expect(tokens.at(-1)?.speculation?.drafted).toBeGreaterThan(0);
    },
  );

  onlyOnCpu('accepts guesses where the text repeats itself', async () => {
    const options = { temperature: 0, maxNewTokens: 32, eos: false };
    const tokens = await collect(model, repetitive, { ...options, promptLookupNumTokens: 3 });
    expectSame(tokens, await collect(model, repetitive, options));
    const stats = tokens.at(-1)?.speculation;
    expect(stats?.drafted).toBeGreaterThan(0);
    expect(stats?.accepted).toBeGreaterThan(0);
    expect(stats?.accepted).toBeLessThanOrEqual(stats?.drafted as number);
  });

  onlyOnCpu('ends and slides where the token loop does', async () => {
    const options = { temperature: 0, eos: false, promptLookupNumTokens: 7 };
    const whole = (await collect(model, repetitive, { ...options, maxNewTokens: 30 }))
      .map(({ text }) => text)
      .join('');
    const stop = whole.slice(-9, -3);
    const stopped = await collect(model, repetitive, { ...options, maxNewTokens: 64, stop: [stop] });
    expect(stopped.map(({ text }) => text).join('')).toBe(whole.slice(0, whole.indexOf(stop)));
    expect(stopped.at(-1)?.finishReason).toBe('stop');
    const long = Array.from({ length: model.config.nPositions - 14 }, (_, at) => 60 + (at % 5));
    const full = await collect(model, long, options);
    expect(full).toHaveLength(15);
    expect(full.at(-1)?.finishReason).toBe('context');
    const sliding = { temperature: 0, eos: false, overflow: 'slide', maxNewTokens: 24 } as const;
    const slid = await collect(model, long, { ...sliding, promptLookupNumTokens: 5 });
    expectSame(slid, await collect(model, long, sliding));
  });

  onlyOnCpu('is ready at once after an abort', async () => {
    const control = new AbortController();
    const options = { temperature: 0, promptLookupNumTokens: 7, eos: false };
    const plain = await collect(model, repetitive, { temperature: 0, eos: false, maxNewTokens: 24 });
    const tokens: GeneratedToken[] = [];
    for await (const token of model.generate(repetitive, { ...options, signal: control.signal })) {
      tokens.push(token);
      if (tokens.length === 14) control.abort();
    }
    expect(tokens.at(-1)?.finishReason).toBe('aborted');
    expect(tokens.length).toBeLessThanOrEqual(24);
    expect(tokens.map(({ id }) => id)).toEqual(plain.slice(0, tokens.length).map(({ id }) => id));
    const again = await collect(model, repetitive, { ...options, maxNewTokens: 24 });
    expect(again.map(({ id }) => id)).toEqual(plain.map(({ id }) => id));
  });

  onlyOnCpu('takes the guesses of another model', async () => {
    const source = await tinyTalesFiles();
    const assistant = (await loadHere(source, { backend, cache: false })).model;
    const options = { temperature: 0, maxNewTokens: 24, eos: false };
    const tokens = await collect(model, 'Once upon a time', { ...options, assistantModel: assistant });
    expectSame(tokens, await collect(model, 'Once upon a time', options));
    const stats = tokens.at(-1)?.speculation;
    expect(stats?.drafted).toBeGreaterThan(0);
    expect(stats?.accepted).toBe(stats?.drafted);
    assistant.dispose();
    await expect(collect(model, 'Once', { ...options, assistantModel: assistant })).rejects.toMatchObject({
      code: 'disposed',
    });
    const tiny = await modelFiles(
      'test/golden/bf16',
      tinyTalesFileNames.filter((name) => name !== 'generation_config.json'),
    );
    const stranger = (await loadHere(tiny, { backend: 'cpu', cache: false })).model;
    await expect(collect(model, 'Once', { ...options, assistantModel: stranger })).rejects.toMatchObject({
      code: 'tokenizer-mismatch',
    });
    stranger.dispose();
  });
});
