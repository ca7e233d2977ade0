import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GeneratedToken, LoadedModel } from '../src/engine/index.ts';
import { entropyOf, likeliest, rankOf } from '../src/shaders/reference/index.ts';
import { collect } from './support/collect.ts';
import { openTinyTales, type TinyTalesReference } from './support/tiny-tales.ts';

const textOf = (tokens: readonly GeneratedToken[]) => tokens.map(({ text }) => text).join('');

describe.each(['gpu', 'cpu'] as const)('the engine on the %s', (backend) => {
  // The engine's own code is the same on both, and the CPU is faster than a GPU made of software.
  const onlyOnCpu = (name: string, run: () => Promise<void>) => {
    if (backend === 'cpu') it(name, run);
  };
  let model: LoadedModel;
  let reference: TinyTalesReference;

  beforeAll(async () => {
    ({ model, reference } = await openTinyTales(backend));
    expect(model.adapter.backend).toBe(backend === 'gpu' ? 'webgpu' : 'cpu');
  });
  afterAll(() => model.dispose());

  it('writes what PyTorch writes', async () => {
    const prompt = reference.prompts.find(({ name }) => name === 'opening');
    if (!prompt) throw new Error('no such prompt');
    const count = backend === 'cpu' ? prompt.greedy_ids.length : 24;
    const tokens = await collect(model, prompt.text, { temperature: 0, maxNewTokens: count, eos: false });
    expect(model.encode(prompt.text)).toEqual(prompt.ids);
    expect(tokens.map(({ id }) => id)).toEqual(prompt.greedy_ids.slice(0, count));
    expect(textOf(tokens)).toBe(
      backend === 'cpu' ? prompt.greedy_text : model.decode(prompt.greedy_ids.slice(0, count)),
    );
    expect(tokens.at(-1)?.finishReason).toBe('length');
  });

  it('draws the same tokens from the same seed, and others from another', async () => {
    const options = { temperature: 0.9, topK: 40, topP: 0.95, maxNewTokens: 12, seed: 7 };
    const first = await collect(model, 'The king', options);
    expect(await collect(model, 'The king', options)).toEqual(first);
    expect(textOf(await collect(model, 'The king', { ...options, seed: 8 }))).not.toBe(textOf(first));
  });

  it('computes only the tail of a prompt that begins like the last', async () => {
    const ids = model.encode('Once upon a time there was a little house in the wood, and');
    await model.logits(ids);
    const [other] = model.encode(' dark');
    const changed = [...ids.slice(0, -1), other as number];
    const alone = await model.logits(changed);
    await model.logits(model.encode('Something else'));
    const whole = await model.logits(changed);
    const worst = whole.reduce(
      (most, value, id) => Math.max(most, Math.abs(value - (alone[id] as number))),
      0,
    );
    expect(worst).toBeLessThan(1e-3);
  });

  it('continues several sequences side by side, each as it would alone', async () => {
    const options = { temperature: 0.8, topK: 20, maxNewTokens: 8, seed: 3, eos: false };
    const tokens = await collect(model, 'In the forest', { ...options, n: 3 });
    expect(tokens.length).toBe(24);
    const texts = [0, 1, 2].map((sequence) => textOf(tokens.filter((token) => token.sequence === sequence)));
    expect(new Set(texts).size).toBeGreaterThan(1);
    expect(textOf(await collect(model, 'In the forest', options))).toBe(texts[0]);
  });

  it('ends before a stop string, and never shows it', async () => {
    const options = { temperature: 0, maxNewTokens: 20, eos: false };
    const whole = textOf(await collect(model, 'Once upon a time', options));
    const stop = whole.slice(30, 36);
    const tokens = await collect(model, 'Once upon a time', { ...options, stop: [stop] });
    expect(textOf(tokens)).toBe(whole.slice(0, whole.indexOf(stop)));
    expect(tokens.at(-1)?.finishReason).toBe('stop');
  });

  it('is ready at once after an abort', async () => {
    const control = new AbortController();
    const tokens: GeneratedToken[] = [];
    for await (const token of model.generate('Once', { temperature: 0, signal: control.signal })) {
      tokens.push(token);
      if (tokens.length === 3) control.abort();
    }
    expect(tokens.at(-1)?.finishReason).toBe('aborted');
    const prompt = reference.prompts.find(({ name }) => name === 'opening');
    const again = await collect(model, prompt?.text ?? '', { temperature: 0, maxNewTokens: 8 });
    expect(again.map(({ id }) => id)).toEqual(prompt?.greedy_ids.slice(0, 8));
  });

  it('answers others while a generation is not read, and goes on with it', async () => {
    const options = { temperature: 0, maxNewTokens: 10, eos: false };
    const expected = textOf(await collect(model, 'Once upon a time', options));
    const unread = model.generate('Once upon a time', options);
    const first = await unread.next();
    expect(await collect(model, 'Another', { temperature: 0, maxNewTokens: 2, eos: false })).toHaveLength(2);
    const rest: GeneratedToken[] = [];
    for await (const token of unread) rest.push(token);
    expect(textOf([first.value, ...rest])).toBe(expected);
  });

  onlyOnCpu('goes on past the context when the window slides, and stops there otherwise', async () => {
    const long = reference.prompts.find(({ name }) => name === 'long')?.ids ?? [];
    const ids = [...long, ...long].slice(0, model.config.nPositions - 2);
    const stopped = await collect(model, ids, { temperature: 0, eos: false });
    expect(stopped).toHaveLength(3);
    expect(stopped.at(-1)?.finishReason).toBe('context');
    const slid = await collect(model, ids, {
      temperature: 0,
      eos: false,
      overflow: 'slide',
      maxNewTokens: 6,
    });
    expect(slid).toHaveLength(6);
    expect(slid.slice(0, 3).map(({ id }) => id)).toEqual(stopped.map(({ id }) => id));
    await expect(collect(model, [...ids, ...ids], {})).rejects.toMatchObject({
      code: 'context-overflow',
    });
  });

  it('scores a text as its logits do', async () => {
    const score = await model.score('Once upon a time there was', { alternatives: 3 });
    const { ids, logprobs, perplexity, ranks, entropies, alternatives } = score;
    expect(logprobs[0]).toBeNaN();
    const logits = await model.logits(ids.slice(0, 3));
    const top = Math.max(...logits);
    const sum = logits.reduce((all, value) => all + Math.exp(value - top), 0);
    expect(logprobs[3]).toBeCloseTo((logits[ids[3] as number] as number) - top - Math.log(sum), 3);
    expect(perplexity).toBeGreaterThan(1);
    expect(ranks[3]).toBe(rankOf(logits, ids[3] as number));
    expect(entropies[3]).toBeCloseTo(entropyOf(logits), 3);
    const best = likeliest(logits, 3);
    expect(alternatives?.[3]?.map(({ id, text }) => ({ id, text }))).toEqual(
      best.map((id) => ({ id, text: model.decode([id]) })),
    );
    expect([ranks[0], entropies[0], alternatives?.[0]]).toEqual([Number.NaN, Number.NaN, []]);
    for (const options of [{ alternatives: 21 }, { alternative: 3 } as object])
      await expect(model.score(ids, options)).rejects.toMatchObject({ code: 'invalid-argument' });
  });

  onlyOnCpu('scores a text longer than the context in windows that overlap by half', async () => {
    const { nPositions } = model.config;
    const long = reference.prompts.find(({ name }) => name === 'long')?.ids ?? [];
    const ids = Array.from({ length: nPositions + 40 }, (_, at) => long[at % long.length] as number);
    const { logprobs, perplexity } = await model.score(ids);
    expect(logprobs).toHaveLength(ids.length);
    expect(logprobs.slice(1).every((value) => value < 0)).toBe(true);
    const start = nPositions / 2;
    const [head, tail] = [await model.score(ids.slice(0, nPositions)), await model.score(ids.slice(start))];
    for (const at of [1, 100, nPositions - 1])
      expect(logprobs[at]).toBeCloseTo(head.logprobs[at] as number, 3);
    for (const at of [nPositions + 1, ids.length - 1])
      expect(logprobs[at]).toBeCloseTo(tail.logprobs[at - start] as number, 3);
    const mean = logprobs.slice(1).reduce((sum, value) => sum + value, 0) / (ids.length - 1);
    expect(perplexity).toBeCloseTo(Math.exp(-mean), 3);
  });

  it('refuses what it cannot do, by name', async () => {
    await expect(collect(model, 'x', { temperature: -1 })).rejects.toMatchObject({
      code: 'invalid-argument',
    });
    await expect(collect(model, [999999], {})).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(collect(model, 'x', { maxNewTokens: 1.5 })).rejects.toMatchObject({
      code: 'invalid-argument',
    });
  });
});

describe('dispose', () => {
  it('frees all memory and refuses what comes after', async () => {
    const { model } = await openTinyTales('gpu');
    expect(model.stats().gpuBytes).toBeGreaterThan(0);
    model.dispose();
    model.dispose();
    expect(model.stats().gpuBytes).toBe(0);
    await expect(model.logits([1])).rejects.toMatchObject({ code: 'disposed' });
  });
});
