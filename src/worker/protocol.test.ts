import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect, connected, options, sources } from '../../test/support/connected.ts';
import { type GenerateOptions, LoadedModel, loadHere, type Model } from '../engine/index.ts';
import { VitrineError } from '../lib/index.ts';
import type { Request } from './protocol.ts';

const code = (name: string) => expect.objectContaining({ code: name });

let expected: number[];
let ends: ReturnType<typeof connected>;
let model: LoadedModel;

beforeAll(async () => {
  const { model: here } = await loadHere(await sources(), { backend: 'cpu', cache: false });
  expected = await collect(here);
  here.dispose();
  ends = connected();
  model = await ends.load();
});
afterAll(() => model.dispose());

describe('invalid messages', () => {
  const strange: unknown[] = [
    ...[null, undefined, 5, 'x', [], {}, { type: 'call' }, { type: 'abort' }, { type: 'credit' }],
    ...[{ type: 'tokenizer' }, { type: 'tokenizer', call: 1, facts: null }],
    ...[{ type: 'dispose' }, { type: 'dispose', model: {} }, { type: 'credit', call: 1, tokens: Number.NaN }],
    ...['generate', 'load', 'nothing', 'constructor', '__proto__', 7].flatMap((name) => [
      { type: 'call', call: 1e6, name },
      { type: 'call', call: 1e6, name, args: null },
      { type: 'call', call: 1e6, name, args: {} },
      { type: 'call', call: 'x', name, args: { model: 1, source: 3, options: 'x', prompt: {} } },
    ]),
  ];

  it('change nothing; calls are refused', async () => {
    for (const message of strange) ends.port.post(message as Request);
    expect(await collect(model)).toEqual(expected);
    const refused = ends.responses.filter(({ type }) => type === 'error');
    expect(refused.length).toBeGreaterThan(20);
  });

  it('of any shape do not stop the host', async () => {
    const known = fc.constantFrom('call', 'abort', 'credit', 'dispose', 'score', 'generate', 'logits');
    const shape = fc.oneof(
      fc.anything(),
      fc.record({
        type: known,
        call: fc.anything(),
        name: known,
        args: fc.anything(),
        tokens: fc.anything(),
      }),
    );
    for (const message of fc.sample(shape, { numRuns: 500, seed: 4 })) {
      try {
        structuredClone(message);
      } catch {
        continue;
      }
      ends.port.post(message as Request);
    }
    expect(await collect(model)).toEqual(expected);
  });

  it.each([
    { source: null },
    { source: undefined },
    { source: 5 },
    { source: {} },
    { source: '' },
    { source: [] },
    { source: ['x'] },
    { source: 'no model!' },
  ])('refuses a source that is not a model, by code: %o', async ({ source }) => {
    const refused = ends.caller.call('load', { source: source as never, options: { cache: false } });
    await expect(refused).rejects.toBeInstanceOf(VitrineError);
  });

  it('refuses arguments of the wrong type, by code', async () => {
    const wrong = [{}, null, [-1], [1.5], ['a'], [512], []] as unknown as number[][];
    for (const ids of wrong) {
      await expect(model.logits(ids)).rejects.toEqual(code('invalid-argument'));
      // An empty list is an empty prompt, which is valid.
      if (ids?.length === 0) continue;
      await expect(model.score(ids)).rejects.toEqual(code('invalid-argument'));
      await expect(collect(model, {}, ids)).rejects.toEqual(code('invalid-argument'));
    }
    const uncloneable = { stop: [() => {}] } as unknown as GenerateOptions;
    await expect(collect(model, uncloneable)).rejects.toEqual(code('invalid-argument'));
    expect(await collect(model)).toEqual(expected);
  });
});

describe('errors', () => {
  it('keep code and message of the engine', async () => {
    const { model: here } = await loadHere(await sources(), { backend: 'cpu', cache: false });
    const long = Array.from({ length: 200 }, () => 3);
    for (const call of [
      (of: Model) => collect(of, {}, long),
      (of: Model) => collect(of, { topP: 7 }),
      (of: Model) => of.inspect([1], { logitLens: { top: 1000 } }),
      (of: Model) => of.logits(long),
    ]) {
      const [there, own] = await Promise.all([call(model), call(here)].map((sent) => sent.catch((e) => e)));
      expect(own).toBeInstanceOf(VitrineError);
      expect(there).toMatchObject({ code: own.code, message: own.message });
    }
    here.dispose();
  });
});

describe('a signal that was aborted before the call', () => {
  it('rejects generate and load at once, and nothing is sent', async () => {
    const sent = ends.requests.length;
    const signal = AbortSignal.abort();
    await expect(collect(model, { signal })).rejects.toEqual(code('aborted'));
    await expect(ends.load(signal)).rejects.toEqual(code('aborted'));
    await expect(ends.caller.call('selfCheck', { options: { backend: 'cpu' } }, { signal })).rejects.toEqual(
      code('aborted'),
    );
    expect(ends.requests.length).toBe(sent);
    expect(await collect(model)).toEqual(expected);
  });
});

describe('concurrent calls', () => {
  it('are answered in order', async () => {
    const order: number[] = [];
    // No generation among them: one that is read slowly lets others go first.
    const calls = [0, 1, 2, 3, 4, 5].map((at) => {
      const call: Promise<unknown> = [
        () => model.logits([at + 1]),
        () => model.score([1, 2, at + 1]),
        () => model.inspect([1, at + 1], {}),
      ][at % 3]?.() as Promise<unknown>;
      return call.then(() => order.push(at));
    });
    await Promise.all(calls);
    expect(order).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('generate what each would alone, also beside a generation that nobody reads', async () => {
    const unread = model.generate([5, 6, 7], { ...options, maxNewTokens: 100 });
    await unread.next();
    const all = await Promise.all([collect(model), collect(model, { n: 2 }), collect(model)]);
    expect([all[0], all[2]]).toEqual([expected, expected]);
    await unread.return(undefined);
    expect(await collect(model)).toEqual(expected);
  });

  it('the host is at most 64 tokens ahead of the reader', async () => {
    const sent = () =>
      ends.responses.reduce(
        (sum, message) => sum + (message.type === 'tokens' ? message.tokens.length : 0),
        0,
      );
    const before = sent();
    const unread = model.generate([5, 6, 7], { ...options, maxNewTokens: 100 });
    await unread.next();
    for (let waited = 0; sent() - before < 64 && waited < 200; waited++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(sent() - before).toBe(64);
    let rest = 0;
    for await (const _ of unread) rest++;
    expect(rest).toBe(99);
  });

  it('an abort ends its own call only', async () => {
    // Holds the lock, so that the others wait.
    const unread = model.generate([5, 6, 7], { ...options, maxNewTokens: 100 });
    await unread.next();
    const control = new AbortController();
    const aborted = collect(model, { signal: control.signal });
    const other = collect(model);
    control.abort();
    await expect(aborted).rejects.toEqual(code('aborted'));
    expect(await other).toEqual(expected);
    await unread.return(undefined);
  });
});

describe('texts and batches', () => {
  const tokensSent = (from: number) =>
    ends.responses.slice(from).flatMap((message) => (message.type === 'tokens' ? [message] : []));

  it('tokens of one step come in one message, with one record of rates', async () => {
    const from = ends.responses.length;
    expect(await collect(model, { n: 4 })).toHaveLength(4 * expected.length);
    const messages = tokensSent(from);
    expect(messages.length).toBeLessThanOrEqual(expected.length);
    expect(messages.flatMap(({ tokens }) => tokens)).toHaveLength(4 * expected.length);
  });

  it('ids cross without texts, which the client adds; with stop strings the host matches texts', async () => {
    const { model: here } = await loadHere(await sources(), { backend: 'cpu', cache: false });
    const all = async (of: Model, more: GenerateOptions) => {
      const tokens = [];
      for await (const token of of.generate([5, 6, 7], { ...options, logprobs: 2, ...more }))
        tokens.push(token);
      return tokens;
    };
    for (const more of [{}, { n: 3 }, { stop: ['no such text'] }]) {
      const from = ends.responses.length;
      expect(await all(model, more)).toEqual(await all(here, more));
      const sent = tokensSent(from).flatMap(({ tokens }) => tokens);
      expect(sent.some(({ text }) => text !== '')).toBe('stop' in more);
    }
    const whole = (await all(here, {})).map(({ text }) => text).join('');
    const stopped = await all(model, { stop: [whole.slice(3, 6)] });
    expect(stopped.map(({ text }) => text).join('')).toBe(whole.slice(0, whole.indexOf(whole.slice(3, 6))));
    expect(stopped.at(-1)?.finishReason).toBe('stop');
    here.dispose();
  });

  it('a tokenizer that cannot be created fails the load', async () => {
    const source = await sources();
    const args = { source, options: { backend: 'cpu', cache: false } } as const;
    const failing = ends.caller.call('load', args, {
      createTokenizer: async () => {
        throw new VitrineError('tokenizer-mismatch', 'none');
      },
    });
    await expect(failing).rejects.toEqual(code('tokenizer-mismatch'));
    expect(await collect(model)).toEqual(expected);
  });
});

describe('dispose', () => {
  it('during calls ends each with `disposed`; other models continue', async () => {
    const gone = await ends.load();
    const running = gone.generate([5, 6, 7], { ...options, maxNewTokens: 100 });
    await running.next();
    const waiting = [gone.logits([1]), gone.score([1, 2]), collect(gone), gone.inspect([1], {})];
    const outcomes = Promise.allSettled(waiting);
    gone.dispose();
    gone.dispose();
    for (const outcome of await outcomes)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'disposed' } });
    const rest = (async () => {
      for (;;) if ((await running.next()).done) return;
    })();
    await expect(rest).rejects.toEqual(code('disposed'));
    for (const call of [() => gone.logits([1]), () => collect(gone)])
      await expect(call()).rejects.toEqual(code('disposed'));
    expect(gone.stats().gpuBytes).toBe(0);
    expect(await collect(model)).toEqual(expected);
  });

  it('at any token ends the call', async () => {
    for (let at = 0; at < 8; at++) {
      const gone = await ends.load();
      let count = 0;
      const reading = (async () => {
        for await (const _ of gone.generate([1, 2], { ...options, maxNewTokens: 100 }))
          if (++count >= at) gone.dispose();
      })();
      if (at === 0) gone.dispose();
      await expect(reading).rejects.toEqual(code('disposed'));
    }
  });

  it('of an aborted load leaves nothing behind', async () => {
    for (const turns of [0, 1, 3, 10]) {
      const control = new AbortController();
      const loading = ends.load(control.signal);
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setTimeout(resolve));
      control.abort();
      const outcome = await loading.catch((error) => error);
      if (outcome instanceof LoadedModel) outcome.dispose();
      else expect(outcome).toEqual(code('aborted'));
    }
    expect(await collect(model)).toEqual(expected);
  });
});
