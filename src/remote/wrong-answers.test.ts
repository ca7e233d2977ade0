import { afterEach, describe, expect, it } from 'vitest';
import { collect } from '../../test/support/collect.ts';
import { type Answer, sse } from '../../test/support/completions-server.ts';
import { chunk, RecordedServers } from '../../test/support/recorded-model.ts';

const servers = new RecordedServers();
afterEach(() => servers.close());

describe('a server that', () => {
  const lists = { tokens: [' a'], token_logprobs: [-1], top_logprobs: null, text_offset: [0] };
  it.each([
    ['answers a page', { type: 'text/html', body: '<!doctype html>' }, 'integrity', 'text/html'],
    ['sends no JSON', sse('{oops'), 'integrity', 'no JSON'],
    ['has no choices', sse({ choices: 5 }), 'integrity', 'choices'],
    ['sends a number as text', sse(chunk({ index: 0, text: 5 })), 'integrity', 'text'],
    ['counts beyond n', sse(chunk({ index: 3, text: 'a' })), 'integrity', 'choice 3'],
    [
      'sends lists of two lengths',
      sse(chunk({ index: 0, text: ' a', logprobs: { ...lists, tokens: [] } })),
      'integrity',
      'one length',
    ],
    [
      'sends a probability above 1',
      sse(chunk({ index: 0, text: ' a', logprobs: { ...lists, token_logprobs: [3] } })),
      'integrity',
      'log-probability is 3',
    ],
    [
      'writes on after its end',
      sse(chunk({ index: 0, text: 'a', finish_reason: 'stop' }), chunk({ index: 0, text: 'b' })),
      'integrity',
      'after its end',
    ],
    [
      'writes more than was asked for',
      sse(...[1, 2, 3].map(() => chunk({ index: 0, text: ' a', logprobs: lists }))),
      'integrity',
      'max_tokens 2',
    ],
    [
      'ends for no known reason',
      sse(chunk({ index: 0, text: 'a', finish_reason: 'bored' })),
      'integrity',
      'bored',
    ],
    [
      'ends in the middle',
      sse(chunk({ index: 0, text: 'a' }), chunk({ index: 0, text: 'b' })),
      'network',
      'in the middle',
    ],
    ['says [DONE] in the middle', sse(chunk({ index: 0, text: 'a' }), '[DONE]'), 'network', 'in the middle'],
    ['is cut', { ...sse(chunk({ index: 0, text: 'a' })), ending: 'cut' as const }, 'network', 'broke'],
    [
      'fails in the middle',
      sse(chunk({ index: 0, text: 'a' }), { error: { message: 'out of memory', type: 'server_error' } }),
      'http-status',
      'out of memory',
    ],
    [
      'leads elsewhere',
      { status: 302, headers: { Location: 'http://127.0.0.1:9/v1' }, body: '' },
      'network',
      'cannot be reached',
    ],
  ] as [string, Answer, string, string][])('%s is an error by name', async (_what, answer, code, named) => {
    await expect(servers.tokensOf(answer)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(named),
    });
  });

  it('stalls is given up', async () => {
    const model = await servers.connect(
      { ...sse(chunk({ index: 0, text: 'a' })), ending: 'stall' },
      { timeoutMs: 100 },
    );
    await expect(collect(model, 'The')).rejects.toMatchObject({
      code: 'network',
      message: expect.stringContaining('0.1 s'),
    });
  });

  const pings = ': ping\n\n'.repeat(1000);
  const longEvent = `data: ${'x'.repeat(2 ** 20)}\n`.repeat(5);
  it.each([
    ['streams more bytes than allowed', { type: 'text/event-stream', body: pings }, 'more than 1000 bytes'],
    [
      'streams an event of many lines without an end',
      { type: 'text/event-stream', body: longEvent },
      'an event of the stream has more than',
      2 ** 26,
    ],
    [
      'streams a line without an end',
      { type: 'text/event-stream', body: longEvent.replaceAll('\n', ' ') },
      'an event of the stream has more than',
      2 ** 26,
    ],
  ] as [string, Answer, string, number?][])(
    '%s is left at the limit',
    async (_what, answer, named, maxAnswerBytes = 1000) => {
      const model = await servers.connect(answer, { maxAnswerBytes });
      await expect(collect(model, 'The')).rejects.toMatchObject({
        code: 'integrity',
        message: expect.stringContaining(named),
      });
    },
  );

  it('answers at any length is left at the limit, and its errors are cut', async () => {
    const model = await servers.connect(
      { body: `{"choices": [], "more": "${pings}"}` },
      { maxAnswerBytes: 1000 },
    );
    await expect(model.score([1, 2])).rejects.toMatchObject({
      code: 'integrity',
      message: expect.stringContaining('raise maxAnswerBytes'),
    });
    const failing = await servers.connect({ status: 500, body: 'x'.repeat(2 ** 20) });
    await expect(failing.score([1, 2])).rejects.toMatchObject({ code: 'http-status' });
    await expect(servers.connect({ body: '{}' }, { maxAnswerBytes: 0 })).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining('maxAnswerBytes'),
    });
  });

  it('drips an answer in without an end is given up at the time-out', async () => {
    const model = await servers.connect({ body: '{"choices": ', ending: 'stall' }, { timeoutMs: 100 });
    await expect(model.score([1, 2])).rejects.toMatchObject({
      code: 'network',
      message: expect.stringContaining('0.1 s'),
    });
  });

  it('is busy is asked again, as long as retries last', async () => {
    const done = sse(chunk({ index: 0, text: 'a', finish_reason: 'length' }), '[DONE]');
    const busy = { status: 429, headers: { 'Retry-After': '0' }, body: '{}' };
    const model = await servers.connect([busy, { ...busy, status: 503 }, done], { retries: 2 });
    expect(await collect(model, 'The')).toMatchObject([{ text: 'a', finishReason: 'length' }]);
    const failing = await servers.connect(busy, { retries: 1 });
    await expect(collect(failing, 'The')).rejects.toMatchObject({
      code: 'http-status',
      message: expect.stringContaining('429'),
    });
    expect(servers.server?.requests.filter(({ body }) => body !== undefined)).toHaveLength(2);
  });

  it('does not echo cannot score, and one that scores another text lies', async () => {
    const scored = (logprobs: unknown) => ({
      body: JSON.stringify(chunk({ index: 0, text: '', logprobs, finish_reason: 'length' })),
    });
    const model = await servers.connect(scored(null));
    await expect(model.score([1, 2])).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining('score'),
    });
    const lying = await servers.connect(
      scored({ tokens: ['a'], token_logprobs: [null], top_logprobs: [null], text_offset: [0] }),
    );
    await expect(lying.score([1, 2])).rejects.toMatchObject({
      code: 'integrity',
      message: expect.stringContaining('2 tokens'),
    });
    await expect(lying.score('a text')).rejects.toMatchObject({ code: 'integrity' });
  });
});
