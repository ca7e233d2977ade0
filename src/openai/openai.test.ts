import type OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTinyTales } from '../../test/support/tiny-tales.ts';
import type { LoadedModel } from '../engine/index.ts';
import {
  APIError,
  APIUserAbortError,
  type Client,
  type CompletionCreateParams,
  createClient,
} from './index.ts';

let model: LoadedModel;
let client: Client;
beforeAll(async () => {
  ({ model } = await openTinyTales('cpu'));
  client = createClient(model);
});
afterAll(() => model.dispose());

const text = 'Once upon a time';
const greedy = { prompt: text, max_tokens: 6, temperature: 0 } as const;

async function greedyText(count = 6): Promise<string> {
  let written = '';
  for await (const token of model.generate(text, { maxNewTokens: count, temperature: 0 }))
    written += token.text;
  return written;
}

const refusal = (body: object) =>
  client.completions.create(body as { stream: false }).then(
    () => expect.fail('It was not refused.'),
    (error: unknown) => {
      expect(error).toBeInstanceOf(APIError);
      const { status, error: shown } = error as APIError;
      return { status, param: shown.param, code: shown.code, message: shown.message };
    },
  );

describe('completions', () => {
  it('have the shape and the text of the model', async () => {
    const answer = await client.completions.create({ ...greedy, model: model.id });
    const written = await greedyText();
    expect(answer).toMatchObject({
      id: expect.stringMatching(/^cmpl-[0-9a-f]{32}$/),
      object: 'text_completion',
      model: model.id,
      choices: [{ text: written, index: 0, logprobs: null, finish_reason: 'length' }],
    });
    const prompt = model.encode(text).length;
    expect(answer.usage).toEqual({ prompt_tokens: prompt, completion_tokens: 6, total_tokens: prompt + 6 });
    // What OpenAI's own types call a completion.
    const official: OpenAI.Completion = { ...answer, usage: answer.usage ?? undefined } as OpenAI.Completion;
    expect(official.choices).toHaveLength(1);
  });

  it('take texts, ids, and lists of either, n choices each', async () => {
    const ids = model.encode(text);
    const written = await greedyText();
    const textsOf = async (prompt: CompletionCreateParams['prompt'], n = 1) => {
      const { choices } = await client.completions.create({ ...greedy, prompt, n, stream: false });
      expect(choices.map(({ index }) => index)).toEqual(choices.map((_, at) => at));
      return choices.map((choice) => choice.text);
    };
    expect(await textsOf(ids)).toEqual([written]);
    expect(await textsOf([text, text])).toEqual([written, written]);
    expect(await textsOf([ids, ids], 2)).toEqual([written, written, written, written]);
    expect(await textsOf(null)).toHaveLength(1);
  });

  it('draw the same texts with the same seed, and pass every option on', async () => {
    const body = { prompt: text, max_tokens: 5, temperature: 0.9, top_p: 0.9, top_k: 30, seed: 7, n: 2 };
    const first = await client.completions.create(body);
    const again = await client.completions.create(body);
    expect(again.choices).toEqual(first.choices);
    const texts = ['', ''];
    const options = { maxNewTokens: 5, temperature: 0.9, topP: 0.9, topK: 30, seed: 7, n: 2 };
    for await (const token of model.generate(text, options)) texts[token.sequence] += token.text;
    expect(first.choices.map((choice) => choice.text)).toEqual(texts);
  });

  it('stop before a string, and ban a token', async () => {
    const written = await greedyText();
    const word = written.trim().split(' ')[1] as string;
    const stopped = await client.completions.create({ ...greedy, stop: ` ${word}` });
    expect(stopped.choices[0]).toMatchObject({
      text: written.slice(0, written.indexOf(` ${word}`)),
      finish_reason: 'stop',
    });
    const [first] = (await client.completions.create({ ...greedy, return_token_ids: true })).choices;
    const id = first?.token_ids?.[0] ?? -1;
    expect(id).toBeGreaterThanOrEqual(0);
    const banned = await client.completions.create({
      ...greedy,
      logit_bias: { [id]: -100 },
      return_token_ids: true,
    });
    expect(banned.choices[0]?.token_ids?.[0]).not.toBe(id);
  });
});

describe('response_format and structured_outputs', () => {
  const schema = {
    type: 'object',
    properties: { name: { type: 'string', maxLength: 10 }, old: { type: 'boolean' } },
    required: ['name', 'old'],
  };
  const body = { prompt: text, max_tokens: 60, temperature: 1, seed: 5 };
  const written = async (more: Partial<CompletionCreateParams>) => {
    const { choices } = await client.completions.create({ ...body, ...more, stream: false });
    expect(choices[0]?.finish_reason).toBe('stop');
    return choices[0]?.text ?? '';
  };

  it('make the text JSON of a schema', async () => {
    for (const more of [
      { response_format: { type: 'json_schema', json_schema: { name: 'person', schema } } } as const,
      { structured_outputs: { json: schema } },
    ]) {
      const { name, old, ...rest } = JSON.parse(await written(more));
      expect([typeof name, typeof old, rest]).toEqual(['string', 'boolean', {}]);
    }
  });

  it('make it match a regular expression, or one of some texts', async () => {
    expect(await written({ structured_outputs: { regex: ' [a-z]{3}, [0-9]{2}' } })).toMatch(
      /^ [a-z]{3}, [0-9]{2}$/,
    );
    expect(['red', 'green']).toContain(await written({ structured_outputs: { choice: ['red', 'green'] } }));
  });
});

describe('log-probabilities', () => {
  it('of a prompt that is echoed are those of score, its alternatives those of the logits', async () => {
    const ids = model.encode(text);
    const { logprobs } = await model.score(ids);
    const body = { prompt: text, max_tokens: 0, echo: true };
    const answer = await client.completions.create({ ...body, logprobs: 0 });
    const [choice] = answer.choices;
    expect(choice).toMatchObject({ text, finish_reason: 'length' });
    expect(choice?.logprobs?.token_logprobs).toEqual([null, ...logprobs.slice(1)]);
    expect(choice?.logprobs?.top_logprobs).toBeNull();
    expect(choice?.logprobs?.tokens.join('')).toBe(text);
    const three = (await client.completions.create({ ...body, logprobs: 3 })).choices[0]?.logprobs;
    for (let at = 1; at < ids.length; at++) {
      const logits = [...(await model.logits(ids.slice(0, at)))];
      const most = logits.indexOf(Math.max(...logits));
      const top = three?.top_logprobs?.[at] as Record<string, number>;
      const [best, ...others] = Object.entries(top).sort(([, left], [, right]) => right - left);
      expect(best?.[0]).toBe(model.decode([most]));
      expect(others.length).toBeLessThanOrEqual(3);
      expect(top[three?.tokens[at] as string]).toBe(logprobs[at]);
    }
  });

  it('of a completion come with names that join to the text, and their places in it', async () => {
    const { choices } = await client.completions.create({ ...greedy, echo: true, logprobs: 2 });
    const { text: whole, logprobs } = choices[0] as (typeof choices)[number];
    expect(whole).toBe(text + (await greedyText()));
    expect(logprobs?.tokens.join('')).toBe(whole);
    for (const [at, name] of (logprobs?.tokens ?? []).entries()) {
      const offset = logprobs?.text_offset[at] as number;
      expect(whole.slice(offset, offset + name.length)).toBe(name);
    }
    expect(logprobs?.top_logprobs).toHaveLength(logprobs?.tokens.length ?? 0);
  });
});

describe('a stream', () => {
  it('joins to the answer, with usage at its end', async () => {
    const stream = await client.completions.create({
      ...greedy,
      stream: true,
      stream_options: { include_usage: true },
    });
    let joined = '';
    const reasons = [];
    let usage: unknown;
    for await (const chunk of stream) {
      joined += chunk.choices[0]?.text ?? '';
      if (chunk.choices[0]) reasons.push(chunk.choices[0].finish_reason);
      usage = chunk.usage;
    }
    expect(joined).toBe(await greedyText());
    expect(reasons).toEqual([null, null, null, null, null, 'length']);
    expect(usage).toMatchObject({ completion_tokens: 6 });
  });

  it('ends with its loop, and without an error when it is aborted', async () => {
    const long = { prompt: text, max_tokens: 200, temperature: 0, stream: true } as const;
    const left = await client.completions.create(long);
    for await (const _ of left) break;
    expect(left.controller.signal.aborted).toBe(true);
    const control = new AbortController();
    const aborted = await client.completions.create(long, { signal: control.signal });
    let count = 0;
    for await (const _ of aborted) if (++count === 2) control.abort();
    expect(count).toBeLessThan(10);
    await expect(client.completions.create(greedy, { signal: AbortSignal.abort() })).rejects.toBeInstanceOf(
      APIUserAbortError,
    );
  });
});

describe('what is refused', () => {
  it.each([
    [{ prompt: text, suffix: 'end' }, 'suffix'],
    [{ prompt: text, best_of: 3 }, 'best_of'],
    [{ prompt: text, frobnicate: 1 }, 'frobnicate'],
    [{ prompt: text, temperature: '1' }, 'temperature'],
    [{ prompt: text, top_p: 2 }, 'top_p'],
    [{ prompt: text, max_tokens: -1 }, 'max_tokens'],
    [{ prompt: text, logprobs: true }, 'logprobs'],
    [{ prompt: text, n: 0 }, 'n'],
    [{ prompt: text, stop: [''] }, 'stop'],
    [{ prompt: text, echo: 'yes' }, 'echo'],
    [{ prompt: text, stream_options: 1, stream: true }, 'stream_options'],
    [{ prompt: text, logit_bias: [1] }, 'logit_bias'],
    [{ prompt: text, response_format: { type: 'xml' } }, 'response_format'],
    [{ prompt: text, structured_outputs: { grammar: 'root' } }, 'structured_outputs'],
    [{ prompt: text, dry_sequence_breakers: 'a' }, 'dry_sequence_breakers'],
    [{ prompt: text, top_n_sigma: -3 }, 'top_n_sigma'],
    [{ prompt: { text } }, 'prompt'],
    [{ prompt: [] }, 'prompt'],
    [{ prompt: ['a', 1] }, 'prompt'],
    [{ prompt: new Array(1025).fill('a') }, 'prompt'],
  ])('%o names its parameter', async (body, param) => {
    const { status, param: named, message } = await refusal(body);
    expect([status, named]).toEqual([400, param]);
    expect(message).toContain(param);
  });

  it('another model, ids it does not have, and texts beyond the context have their codes', async () => {
    expect(await refusal({ prompt: text, model: 'gpt-9' })).toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
    expect(await refusal({ prompt: [1e9] })).toMatchObject({ status: 400 });
    expect(await refusal({ prompt: text, logit_bias: { x: 1 } })).toMatchObject({ status: 400 });
    const long = new Array(model.config.nPositions + 1).fill(1);
    expect(await refusal({ prompt: long })).toMatchObject({ status: 400, code: 'context_length_exceeded' });
    await expect(client.models.retrieve('gpt-9')).rejects.toBeInstanceOf(APIError);
    expect((await client.models.list()).data).toMatchObject([{ id: model.id, object: 'model' }]);
  });
});

it("takes what OpenAI's types allow", () => {
  const body: OpenAI.CompletionCreateParamsNonStreaming = { model: 'm', prompt: text };
  const ours: CompletionCreateParams = body;
  expect(ours.prompt).toBe(text);
});
