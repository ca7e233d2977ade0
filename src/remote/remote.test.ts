import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect } from '../../test/support/collect.ts';
import { type ServedModel, serveBundled, startMs } from '../../test/support/served-model.ts';
import { openTinyTales, tinyTalesFiles } from '../../test/support/tiny-tales.ts';
import type { LoadedModel, Model } from '../engine/index.ts';
import { remoteModel } from './index.ts';

/** The bundled model on our own server, in a process of its own, against the same model loaded here. */
let served: ServedModel;
let local: LoadedModel;
let remote: Model;
const text = 'Once upon a time';

beforeAll(async () => {
  served = await serveBundled();
  ({ model: local } = await openTinyTales('cpu'));
  const tokenizer = await tinyTalesFiles();
  remote = await remoteModel({
    baseUrl: served.baseUrl,
    model: 'tiny-tales',
    tokenizer,
    extraParameters: ['top_k'],
  });
}, startMs);
afterAll(async () => {
  remote?.dispose();
  local?.dispose();
  await served?.close();
});

describe('a model on a server', () => {
  it('writes the tokens of the same model here, with their ids, texts and log-probabilities', async () => {
    const options = { maxNewTokens: 8, temperature: 0.8, topK: 20, seed: 7, n: 2, logprobs: 2 };
    const tokens = await collect(remote, text, options);
    const expected = await collect(local, text, options);
    for (const sequence of [0, 1]) {
      const [here, there] = [expected, tokens].map((all) =>
        all.filter((token) => token.sequence === sequence),
      );
      expect(
        there?.map(({ id, text, index, logprob, finishReason }) => ({
          id,
          text,
          index,
          logprob,
          finishReason,
        })),
      ).toEqual(
        here?.map(({ id, text, index, logprob, finishReason }) => ({
          id,
          text,
          index,
          logprob,
          finishReason,
        })),
      );
      expect(there?.map(({ alternatives }) => alternatives[0]?.id)).toEqual(
        here?.map(({ alternatives }) => alternatives[0]?.id),
      );
    }
  });

  it('ends at a stop string and is told so; ids are taken as a prompt', async () => {
    const whole = await collect(local, text, { maxNewTokens: 6, temperature: 0 });
    const stop = [
      whole
        .map((token) => token.text)
        .join('')
        .trim()
        .split(' ')[1] as string,
    ];
    const tokens = await collect(remote, local.encode(text), { maxNewTokens: 6, temperature: 0, stop });
    const expected = await collect(local, text, { maxNewTokens: 6, temperature: 0, stop });
    expect(tokens.map((token) => token.text).join('')).toBe(expected.map((token) => token.text).join(''));
    expect(tokens.at(-1)?.finishReason).toBe('stop');
  });

  it('scores as the same model here, by text and by ids', async () => {
    const { ids, logprobs, perplexity } = await local.score(text);
    const expected = { ids, logprobs, perplexity };
    expect(await remote.score(text)).toMatchObject(expected);
    expect(await remote.score(ids)).toMatchObject(expected);
    const { alternatives } = await local.score(text, { alternatives: 2 });
    const likeliest = (await remote.score(text, { alternatives: 2 })).alternatives;
    expect(likeliest?.map((place) => place[0]?.id)).toEqual(alternatives?.map((place) => place[0]?.id));
    expect(remote.encode(text)).toEqual(local.encode(text));
    expect(remote.decode(ids)).toBe(text);
    expect(remote.config.nLayer).toBe(local.config.nLayer);
  });

  it('scores without a tokenizer of its own, by the server’s', async () => {
    const bare = await remoteModel({ baseUrl: served.baseUrl, model: 'tiny-tales' });
    const { logprobs, perplexity } = await local.score(text);
    expect(await bare.score(text)).toMatchObject({ logprobs, perplexity });
    expect(() => bare.encode(text)).toThrowError(/encode needs the tokenizer/);
    expect(() => bare.config).toThrowError(/config/);
    const [token] = await collect(bare, text, { maxNewTokens: 1, temperature: 0 });
    expect(token?.id).toBe((await collect(local, text, { maxNewTokens: 1, temperature: 0 }))[0]?.id);
  });

  it('stops when it is aborted: with what came, or by an error before the first token', async () => {
    const control = new AbortController();
    const tokens = [];
    for await (const token of remote.generate(text, {
      maxNewTokens: 300,
      temperature: 0,
      signal: control.signal,
    })) {
      tokens.push(token);
      if (tokens.length === 3) control.abort();
    }
    expect(tokens.length).toBeLessThan(300);
    expect(tokens.at(-1)?.finishReason).toBe('aborted');
    const before = collect(remote, text, { signal: AbortSignal.abort() });
    await expect(before).rejects.toMatchObject({ code: 'aborted' });
  });

  it('refuses by name what a server cannot do', async () => {
    const refused = (name: string) => ({ code: 'invalid-argument', message: expect.stringContaining(name) });
    await expect(remote.run(text)).rejects.toMatchObject(refused('run'));
    await expect(remote.logits([1])).rejects.toMatchObject(refused('logits'));
    await expect(remote.inspect(text, { attention: true })).rejects.toMatchObject(refused('inspect'));
    await expect(remote.heads(text)).rejects.toMatchObject(refused('heads'));
    await expect(remote.setAdapter(true)).rejects.toMatchObject(refused('setAdapter'));
    for (const [name, options] of Object.entries({
      edits: { edits: [] },
      minP: { minP: 0.1 },
      overflow: { overflow: 'slide' },
      eos: { eos: false },
      numBeams: { numBeams: 2 },
      topQ: { topQ: 1 },
    }))
      await expect(collect(remote, text, options as object)).rejects.toMatchObject(refused(name));
  });

  it('knows by the server’s name for itself which options it has', async () => {
    const named = await remoteModel({ baseUrl: served.baseUrl, model: 'tiny-tales' });
    expect([named.server, named.dtype]).toEqual([new URL(served.baseUrl).host, 'remote']);
    const supported = (['topK', 'minP', 'typicalP', 'seed', 'logprobs'] as const).map((name) =>
      named.supports(name),
    );
    expect(supported).toEqual([true, true, true, true, true]);
    for (const name of ['eos', 'overflow', 'numBeams'] as const) expect(named.supports(name)).toBe(false);
    expect(await collect(named, text, { maxNewTokens: 1, topK: 5, typicalP: 0.9 })).toHaveLength(1);
  });

  it('tells what the server refuses: another model, ids it does not have', async () => {
    const other = remoteModel({ baseUrl: served.baseUrl, model: 'gpt-9' });
    await expect(other).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('tiny-tales'),
    });
    await expect(collect(remote, [1e6])).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining('1000000'),
    });
  });
});
