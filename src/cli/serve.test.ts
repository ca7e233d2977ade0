import OpenAI, { APIError, NotFoundError } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServedModel, serveBundled, startMs } from '../../test/support/served-model.ts';

/** The official client against `vitrine serve` in a process of its own. */
let served: ServedModel;
let client: OpenAI;
const model = 'tiny-tales';
const prompt = 'Once upon a time';
const greedy = { model, prompt, max_tokens: 6, temperature: 0 } as const;

beforeAll(async () => {
  served = await serveBundled('--allow-origin', 'https://page.example');
  client = new OpenAI({ baseURL: served.baseUrl, apiKey: 'none', maxRetries: 0 });
}, startMs);
afterAll(() => served?.close());

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(new URL(path, served.baseUrl), {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'Content-Type': 'application/json', ...headers },
  });

describe("OpenAI's own client", () => {
  it('generates, and streams the same', async () => {
    const answer = await client.completions.create(greedy);
    expect(answer).toMatchObject({
      model,
      choices: [{ finish_reason: 'length' }],
      usage: { completion_tokens: 6 },
    });
    const stream = await client.completions.create({ ...greedy, stream: true });
    let joined = '';
    for await (const chunk of stream) joined += chunk.choices[0]?.text;
    expect(joined).toBe(answer.choices[0]?.text);
  });

  it('gets log-probabilities, of the prompt too', async () => {
    const { choices } = await client.completions.create({
      ...greedy,
      logprobs: 2,
      echo: true,
      max_tokens: 2,
    });
    const { tokens, token_logprobs: logprobs, top_logprobs: top } = choices[0]?.logprobs ?? {};
    expect(tokens?.join('')).toBe(choices[0]?.text);
    expect(logprobs?.[0]).toBeNull();
    expect(Math.max(...(logprobs?.slice(1) ?? [1]))).toBeLessThan(0);
    expect(Object.keys(top?.at(-1) ?? {})).toContain(tokens?.at(-1));
  });

  it('aborts a stream, and the next request is served', async () => {
    const stream = await client.completions.create({ ...greedy, max_tokens: 400, stream: true });
    for await (const _ of stream) break;
    const control = new AbortController();
    const whole = client.completions.create({ ...greedy, max_tokens: 400 }, { signal: control.signal });
    setTimeout(() => control.abort(), 20);
    await expect(whole).rejects.toThrow(/abort/i);
    expect((await client.completions.create(greedy)).choices).toHaveLength(1);
  });

  it('serves requests that come at once, one after the other', async () => {
    const all = await Promise.all(Array.from({ length: 4 }, () => client.completions.create(greedy)));
    expect(new Set(all.map(({ choices }) => choices[0]?.text)).size).toBe(1);
  });

  it('lists the model, and throws its own errors', async () => {
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual([model]);
    expect((await client.models.retrieve(model)).owned_by).toBe('vitrine');
    await expect(client.completions.create({ ...greedy, model: 'gpt-9' })).rejects.toBeInstanceOf(
      NotFoundError,
    );
    const error = await client.completions
      .create({ ...greedy, suffix: 'end' })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ status: 400, param: 'suffix', type: 'invalid_request_error' });
  });
});

describe('the server', () => {
  it('tokenizes both ways, in the names of vLLM and of llama.cpp', async () => {
    const { tokens, count } = await (await post('/tokenize', { model, prompt })).json();
    expect(count).toBe(tokens.length);
    expect(await (await post('/tokenize', { content: prompt })).json()).toMatchObject({ tokens });
    expect(await (await post('/detokenize', { tokens })).json()).toMatchObject({ prompt, content: prompt });
  });

  it.each([
    ['no JSON', '/v1/completions', '{', 400],
    ['a list', '/v1/completions', [], 400],
    ['nothing', '/v1/completions', '', 400],
    ['a body that is too long', '/v1/completions', { prompt: 'a'.repeat(5 << 20) }, 413],
    ['ids that are not', '/detokenize', { tokens: [1e9] }, 400],
    ['a text that is none', '/tokenize', { prompt: 5 }, 400],
    ['deep nesting', '/v1/completions', `{"prompt":${'['.repeat(5e4)}${']'.repeat(5e4)}}`, 400],
    ['a foreign key', '/v1/completions', '{"__proto__":{"stream":true},"prompt":"a"}', 400],
    ['an unknown path', '/v1/chat/completions', {}, 404],
  ])('answers %s in the shape of an error', async (_what, path, body, status) => {
    const answer = await post(path, body);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toEqual({
      error: {
        message: expect.any(String),
        type: 'invalid_request_error',
        param: expect.toSatisfy(isParam),
        code: expect.toSatisfy(isParam),
      },
    });
  });

  it('refuses a wrong method, plain text, and another name of the host', async () => {
    expect((await fetch(new URL('/v1/completions', served.baseUrl))).status).toBe(405);
    expect((await post('/v1/completions', { prompt }, { 'Content-Type': 'text/plain' })).status).toBe(415);
    const { status } = await requestAs('evil.example');
    expect(status).toBe(403);
  });

  it('lets in pages that were named, and no others', async () => {
    expect((await post('/tokenize', { prompt }, { Origin: 'https://evil.example' })).status).toBe(403);
    const allowed = await post('/tokenize', { prompt }, { Origin: 'https://page.example' });
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://page.example');
    const preflight = await fetch(new URL('/v1/completions', served.baseUrl), {
      method: 'OPTIONS',
      headers: { Origin: 'https://page.example', 'Access-Control-Request-Headers': 'content-type' },
    });
    expect([preflight.status, preflight.headers.get('access-control-allow-headers')]).toEqual([
      204,
      'content-type',
    ]);
  });
});

const isParam = (value: unknown) => value === null || typeof value === 'string';

/** fetch does not let a caller name the host. */
async function requestAs(host: string): Promise<{ status: number | undefined }> {
  const { get } = await import('node:http');
  return new Promise((resolve, reject) => {
    get(new URL('/v1/models', served.baseUrl), { headers: { Host: host } }, (response) => {
      response.resume();
      resolve({ status: response.statusCode });
    }).on('error', reject);
  });
}
