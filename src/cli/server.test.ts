import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { GeneratedToken, GenerateOptions, Model } from '../engine/index.ts';
import { createModelServer, type ServerOptions } from './server.ts';

let server: Server;
afterEach(() => void server.close());

/** A model that writes until it is aborted, and says how many of its generations run. */
function endlessModel() {
  const running = new Set<AbortSignal>();
  let most = 0;
  async function* generate(_prompt: unknown, { signal }: GenerateOptions): AsyncGenerator<GeneratedToken> {
    running.add(signal as AbortSignal);
    most = Math.max(most, running.size);
    try {
      for (let index = 0; !signal?.aborted; index++) {
        yield { id: 1, text: 'a', index, sequence: 0, logprob: -1, alternatives: [] };
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      yield {
        id: 1,
        text: 'a',
        index: 0,
        sequence: 0,
        logprob: -1,
        alternatives: [],
        finishReason: 'aborted',
      };
    } finally {
      running.delete(signal as AbortSignal);
    }
  }
  const model = {
    id: 'endless',
    config: { nPositions: 64, vocabSize: 8 },
    encode: () => [1],
    generate,
  } as unknown as Model;
  return { model, running, most: () => most };
}

async function listen(model: Model, options: Partial<ServerOptions> = {}): Promise<string> {
  server = createModelServer(model, { name: 'endless', host: '127.0.0.1', allowOrigins: [], ...options });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/completions`;
}

const ask = (url: string, signal?: AbortSignal, stream = false) =>
  fetch(url, {
    method: 'POST',
    body: JSON.stringify({ prompt: 'a', stream }),
    headers: { 'Content-Type': 'application/json' },
    signal,
  });

describe('a request whose client goes away', () => {
  it('stops its generation, streamed or not, and one that waits never begins', async () => {
    const { model, running, most } = endlessModel();
    const url = await listen(model);
    const [first, second, third] = [new AbortController(), new AbortController(), new AbortController()];
    const whole = ask(url, first.signal).catch(() => 'gone');
    await expect.poll(() => running.size).toBe(1);
    const waiting = ask(url, second.signal).catch(() => 'gone');
    const streamed = ask(url, third.signal, true);
    second.abort();
    expect(await waiting).toBe('gone');
    first.abort();
    expect(await whole).toBe('gone');
    const answer = await streamed;
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    expect(running.size).toBe(1);
    third.abort();
    await expect.poll(() => running.size).toBe(0);
    expect(most()).toBe(1);
  });
});

describe('a full queue', () => {
  it('is answered 429 with a time to wait', async () => {
    const { model, running } = endlessModel();
    const url = await listen(model, { mostRequests: 1 });
    const control = new AbortController();
    const first = ask(url, control.signal).catch(() => 'gone');
    await expect.poll(() => running.size).toBe(1);
    const refused = await ask(url);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    expect(await refused.json()).toMatchObject({ error: { code: 'rate_limit_exceeded' } });
    control.abort();
    expect(await first).toBe('gone');
  });
});

describe('an error in the middle of a stream', () => {
  it('is its last event', async () => {
    const { model } = endlessModel();
    async function* generate(): AsyncGenerator<GeneratedToken> {
      yield { id: 1, text: 'a', index: 0, sequence: 0, logprob: -1, alternatives: [] };
      throw new Error('The device is gone.');
    }
    const answer = await ask(await listen({ ...model, generate }), undefined, true);
    const events = (await answer.text()).trim().split('\n\n');
    expect(events).toHaveLength(2);
    expect(JSON.parse(events[1]?.slice('data: '.length) ?? '')).toMatchObject({
      error: { message: 'The device is gone.', type: 'server_error' },
    });
  });
});
