import { afterEach, describe, expect, it } from 'vitest';
import { collect } from '../../test/support/collect.ts';
import { sse } from '../../test/support/completions-server.ts';
import { chunk, RecordedServers } from '../../test/support/recorded-model.ts';
import { remoteModel } from './index.ts';

const servers = new RecordedServers();
afterEach(() => servers.close());

describe('the answers of', () => {
  it('vLLM: token ids in the choice, names and log-probabilities in lists', async () => {
    const lists = (token: string, logprob: number) => ({
      text_offset: [0],
      token_logprobs: [logprob],
      tokens: [token],
      top_logprobs: [{ [token]: logprob, ' dog': -2.5 }],
    });
    const tokens = await servers.tokensOf(
      sse(
        chunk({
          index: 0,
          text: ' cat',
          logprobs: lists(' cat', -0.5),
          finish_reason: null,
          stop_reason: null,
          token_ids: [3797],
        }),
        chunk({
          index: 0,
          text: ' sat',
          logprobs: lists(' sat', -0.25),
          finish_reason: 'stop',
          stop_reason: null,
          token_ids: [3332],
        }),
        {
          id: 'c',
          object: 'text_completion',
          created: 1,
          model: 'm',
          choices: [],
          usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
        },
        '[DONE]',
      ),
      { logprobs: 1 },
    );
    expect(tokens).toEqual([
      {
        id: 3797,
        text: ' cat',
        index: 0,
        sequence: 0,
        logprob: -0.5,
        alternatives: [{ id: -1, text: ' cat', logprob: -0.5 }],
      },
      {
        id: 3332,
        text: ' sat',
        index: 1,
        sequence: 0,
        logprob: -0.25,
        finishReason: 'eos',
        alternatives: [{ id: -1, text: ' sat', logprob: -0.25 }],
      },
    ]);
    expect(servers.server?.requests.at(-1)?.body).toMatchObject({
      model: 'm',
      prompt: 'The',
      stream: true,
      return_token_ids: true,
      logprobs: 1,
    });
  });

  it('vLLM, which names tokens by their ids when asked to, and ends at a stop string', async () => {
    const logprobs = {
      text_offset: [0],
      token_logprobs: [-1],
      tokens: ['token_id:3797'],
      top_logprobs: [{ 'token_id:3797': -1 }],
    };
    const tokens = await servers.tokensOf(
      sse(chunk({ index: 0, text: ' cat', logprobs, finish_reason: 'stop', stop_reason: '.' }), '[DONE]'),
      { stop: ['.'] },
    );
    expect(tokens).toMatchObject([{ id: 3797, text: ' cat', finishReason: 'stop' }]);
  });

  it('vLLM of before, whose names are pieces of the vocabulary, not texts', async () => {
    const lists = {
      text_offset: [0],
      token_logprobs: [-0.5],
      tokens: ['\u0120cat'],
      top_logprobs: [{ '\u0120cat': -0.5 }],
    };
    const answer = sse(chunk({ index: 0, text: ' cat', logprobs: lists, finish_reason: 'length' }), '[DONE]');
    expect(await servers.tokensOf(answer)).toMatchObject([{ text: ' cat', logprob: -0.5 }]);
  });

  it('vLLM that echoes: the scored prompt in lists, whose first places are null', async () => {
    const logprobs = {
      text_offset: [0, 3],
      token_logprobs: [null, -1.5],
      tokens: ['The', ' cat'],
      top_logprobs: [null, { ' cat': -1.5, ' dog': -2 }],
    };
    const choice = {
      ...{ index: 0, text: 'The cat', logprobs, finish_reason: 'length', stop_reason: null },
      ...{ prompt_logprobs: null, token_ids: null, prompt_token_ids: null },
    };
    const usage = { prompt_tokens: 2, total_tokens: 2, completion_tokens: 0 };
    const model = await servers.connect({ body: JSON.stringify({ ...chunk(choice), usage }) });
    const score = await model.score([464, 3797], { alternatives: 2 });
    expect(score).toMatchObject({ ids: [464, 3797], perplexity: Math.exp(1.5) });
    expect(score.logprobs).toEqual([Number.NaN, -1.5]);
    expect(score.alternatives?.[1]?.map(({ text }) => text)).toEqual([' cat', ' dog']);
  });

  it("llama.cpp's server that fails in the middle: its error as an event", async () => {
    const failing = sse(chunk({ text: 'a', index: 0, logprobs: null, finish_reason: null }), {
      error: { code: 500, message: 'the slot was lost', type: 'server_error' },
    });
    await expect(servers.tokensOf(failing)).rejects.toMatchObject({
      code: 'http-status',
      message: expect.stringContaining('the slot was lost'),
    });
  });

  it("llama.cpp's server: entries with ids and bytes, and the end in a chunk of its own", async () => {
    const entry = (id: number, token: string, logprob: number) => ({
      id,
      token,
      bytes: [...new TextEncoder().encode(token)],
      logprob,
    });
    const content = [
      { ...entry(3797, ' cat', -0.5), top_logprobs: [entry(3797, ' cat', -0.5), entry(3290, ' dog', -2)] },
    ];
    const tokens = await servers.tokensOf(
      sse(
        chunk({ text: ' cat', index: 0, logprobs: { content }, finish_reason: null }),
        {
          ...chunk({ text: '', index: 0, logprobs: null, finish_reason: 'length' }),
          timings: { predicted_n: 1 },
        },
        '[DONE]',
      ),
      { logprobs: 2 },
    );
    expect(tokens).toMatchObject([
      {
        id: 3797,
        text: ' cat',
        logprob: -0.5,
        finishReason: 'length',
        alternatives: [{ id: 3797 }, { id: 3290, text: ' dog', logprob: -2 }],
      },
    ]);
  });

  it('TGI: no log-probabilities, an empty finish_reason, and reasons of its own', async () => {
    const answer = sse(
      chunk({ index: 0, text: ' cat', logprobs: null, finish_reason: '' }),
      chunk({ index: 0, text: ' sat', logprobs: null, finish_reason: 'eos_token' }),
      '[DONE]',
    );
    const tokens = await servers.tokensOf(answer);
    expect(tokens).toMatchObject([
      { id: -1, text: ' cat', logprob: Number.NaN },
      { text: ' sat', finishReason: 'eos' },
    ]);
    await expect(servers.tokensOf(answer, { logprobs: 2 })).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining('no log-probabilities'),
    });
  });

  it.each([
    [
      'vLLM',
      { object: 'error', message: 'too long: maximum context length', type: 'BadRequestError', code: 400 },
      400,
      'context-overflow',
    ],
    [
      'OpenAI',
      { error: { message: 'no such key', type: 'invalid_request_error', code: 'invalid_api_key' } },
      401,
      'gated',
    ],
    [
      'llama.cpp',
      { error: { code: 400, message: 'bad grammar', type: 'invalid_request_error' } },
      400,
      'invalid-argument',
    ],
    [
      'llama.cpp',
      {
        error: { code: 400, message: 'request (601 tokens) exceeds the available context size (512 tokens)' },
      },
      400,
      'context-overflow',
    ],
    ['TGI', { error: 'Input validation error', error_type: 'validation' }, 422, 'invalid-argument'],
  ])('%s in error have their message and a code', async (_name, body, status, code) => {
    const said = Object.values(body).flatMap((value) =>
      typeof value === 'object' ? [value.message] : [value],
    )[0];
    const failure = servers.tokensOf({ status, body: JSON.stringify(body) });
    const message = expect.stringContaining(said === 'error' ? 'too long' : String(said));
    await expect(failure).rejects.toMatchObject({ code, message });
  });
});

describe('a server’s name for itself', () => {
  it.each([
    ['vllm', ['topK', 'minP', 'eos'], ['typicalP', 'overflow']],
    [
      'llamacpp',
      ['topK', 'minP', 'repetitionPenalty', 'constraint', 'eos'],
      ['noRepeatNgramSize', 'overflow'],
    ],
    ['toString', ['topP', 'seed'], ['topK', 'minP', 'eos']],
  ] as const)('%s says which options it has', async (owner, known, unknown) => {
    const done = sse(chunk({ index: 0, text: 'a', finish_reason: 'length' }), '[DONE]');
    const model = await servers.connect(done, {}, owner);
    for (const name of known) expect([name, model.supports(name)]).toEqual([name, true]);
    for (const name of unknown) expect([name, model.supports(name)]).toEqual([name, false]);
  });

  it('is not asked where the parameters are given', async () => {
    const done = sse(chunk({ index: 0, text: 'a', finish_reason: 'length' }), '[DONE]');
    const model = await servers.connect(done, { extraParameters: [] }, 'vllm');
    expect(model.supports('topK')).toBe(false);
    await expect(collect(model, 'The', { topK: 4 })).rejects.toMatchObject({ code: 'invalid-argument' });
  });
});

describe('a key', () => {
  it('goes to the server, and never into an error or a listing', async () => {
    const apiKey = 'sk-very-secret';
    const model = await servers.connect(
      { status: 401, body: JSON.stringify({ error: { message: `Bad key ${apiKey}` } }) },
      { apiKey },
    );
    const error = await collect(model, 'The').catch((thrown: Error) => thrown);
    expect(String(error)).toContain('Bad key …');
    expect(servers.server?.requests.every(({ authorization }) => authorization === `Bearer ${apiKey}`)).toBe(
      true,
    );
    expect(JSON.stringify(model)).not.toContain(apiKey);
  });
});

describe('an address', () => {
  it.each([
    ['nowhere', 'no URL'],
    ['ftp://host/v1', 'http or https'],
    ['http://user:pass@host/v1', 'password'],
    ['http://host/v1?key=1', 'path'],
  ])('%s is refused', async (baseUrl, named) => {
    await expect(remoteModel({ baseUrl, model: 'm' })).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining(named),
    });
  });
});
