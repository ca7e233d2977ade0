import { describe, expect, it } from 'vitest';
import { collect } from '../../test/support/collect.ts';
import { fakeModel } from '../../test/support/fake-model.ts';
import { fakeRuntime, hashRule } from '../../test/support/fake-runtime.ts';
import type { GenerationOptions } from './options.ts';

/** A model, and the positions its runtime was asked to compute before the token loop began: one number a call. */
function modelOn(nPositions = 64) {
  const runtime = fakeRuntime(hashRule(11, 5, 3), { vocabSize: 11, nPositions, eosTokenIds: [] });
  const { prefill } = runtime;
  let computed = 0;
  runtime.prefill = (sequence, position, ids, signal) => {
    computed += ids.length;
    return prefill.call(runtime, sequence, position, ids, signal);
  };
  const model = fakeModel(runtime);
  return {
    model,
    runtime,
    /** Ids written after a prompt, and positions that were computed for it. */
    async write(prompt: number[], options: GenerationOptions) {
      computed = 0;
      const tokens = await collect(model, prompt, { temperature: 0, ...options });
      return { ids: tokens.map(({ id }) => id), computed };
    },
  };
}

const prompt = [1, 2, 3, 4, 5, 6];
const other = (id: number) => (id + 1) % 11;

describe('prefix reuse', () => {
  it('computes a prompt once, and only its last token for the same prompt again', async () => {
    const { write } = modelOn();
    const first = await write(prompt, { maxNewTokens: 10 });
    expect(first.computed).toBe(6);
    const again = await write(prompt, { maxNewTokens: 10 });
    expect(again).toEqual({ ids: first.ids, computed: 1 });
  });

  it('continuing computes the last token only', async () => {
    const { write } = modelOn();
    const whole = (await write(prompt, { maxNewTokens: 20 })).ids;
    const fresh = modelOn();
    const begun = await fresh.write(prompt, { maxNewTokens: 8 });
    const rest = await fresh.write([...prompt, ...begun.ids], { maxNewTokens: 12 });
    expect([...begun.ids, ...rest.ids]).toEqual(whole);
    expect(rest.computed).toBe(1);
  });

  it.each([0, 1, 5, 8])('replacing token %i computes that token only', async (at) => {
    const { write } = modelOn();
    const { ids } = await write(prompt, { maxNewTokens: 10 });
    const branch = [...prompt, ...ids.slice(0, at), other(ids[at] as number)];
    const taken = await write(branch, { maxNewTokens: 6 });
    expect(taken.computed).toBe(1);
    expect(taken.ids).toEqual((await modelOn().write(branch, { maxNewTokens: 6 })).ids);
  });

  it('rewinding to any token computes that token only', async () => {
    const { write } = modelOn();
    const { ids } = await write(prompt, { maxNewTokens: 10 });
    for (const at of [9, 6, 3, 0]) {
      const back = await write([...prompt, ...ids.slice(0, at)], { maxNewTokens: 10 - at });
      expect(back).toEqual({ ids: ids.slice(at), computed: 1 });
    }
  });

  it.each([1, 3, 6])('a prompt with %i changed tokens at its end computes those only', async (changed) => {
    const { write } = modelOn();
    await write(prompt, { maxNewTokens: 10 });
    const tail = [...prompt.slice(0, 6 - changed), ...prompt.slice(6 - changed).map(other)];
    const taken = await write(tail, { maxNewTokens: 4 });
    expect(taken.computed).toBe(changed);
    expect(taken.ids).toEqual((await modelOn().write(tail, { maxNewTokens: 4 })).ids);
  });

  it('eight continuations compute their prompt once, and a branch of the first reuses it', async () => {
    const { write, model } = modelOn();
    const options = { n: 8, maxNewTokens: 5, temperature: 1, seed: 2 };
    expect((await write(prompt, options)).computed).toBe(6);
    const tokens = await collect(model, prompt, options);
    const ids = tokens.filter(({ sequence }) => sequence === 0).map(({ id }) => id);
    const branch = [...prompt, ...ids.slice(0, 3), other(ids[3] as number)];
    expect((await write(branch, { maxNewTokens: 4 })).computed).toBe(1);
  });

  it('a generation that was left or aborted keeps what it computed', async () => {
    const { write, model } = modelOn();
    for await (const { index } of model.generate(prompt, { temperature: 0 })) if (index === 4) break;
    expect((await write(prompt, { maxNewTokens: 4 })).computed).toBe(1);
    const control = new AbortController();
    const options = { temperature: 0, signal: control.signal };
    for await (const { index } of model.generate(prompt, options)) if (index === 2) control.abort();
    expect((await write(prompt, { maxNewTokens: 4 })).computed).toBe(1);
  });

  it('the next prompt reuses the cache of beams and drafts', async () => {
    const { write } = modelOn();
    expect((await write(prompt, { numBeams: 3, maxNewTokens: 5 })).computed).toBe(5);
    expect((await write([...prompt, 7], { maxNewTokens: 4 })).computed).toBeLessThanOrEqual(7);
    const { ids } = await write(prompt, { promptLookupNumTokens: 4, maxNewTokens: 20 });
    const branch = [...prompt, ...ids.slice(0, 10), other(ids[10] as number)];
    expect((await write(branch, { maxNewTokens: 4 })).computed).toBe(1);
  });

  it('a sliding window is computed again, half a context each time', async () => {
    const { write } = modelOn(16);
    const { ids, computed } = await write(prompt, { overflow: 'slide', maxNewTokens: 40 });
    expect(ids).toHaveLength(40);
    // 6 + 11 tokens are past 16 positions; then every 9 tokens the later 8 are.
    expect(computed).toBe(6 + 8 * 4);
  });
});
