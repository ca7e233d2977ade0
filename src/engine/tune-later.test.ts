import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeModel } from '../../test/support/fake-model.ts';
import { fakeRuntime, hashRule } from '../../test/support/fake-runtime.ts';

const options = { temperature: 0, eos: false, maxNewTokens: 3 };

function tuned(tune: () => Promise<void>) {
  const runtime = fakeRuntime(hashRule(11, 5, 3), { vocabSize: 11, nPositions: 64, eosTokenIds: [] });
  return fakeModel(runtime, undefined, tune);
}

async function write(model: ReturnType<typeof tuned>): Promise<number[]> {
  const ids: number[] = [];
  for await (const { id } of model.generate([1, 2], options)) ids.push(id);
  return ids;
}

describe('kernels chosen by timing', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  it('are chosen once, after the first text', async () => {
    const tune = vi.fn(async () => {});
    const model = tuned(tune);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(tune).not.toHaveBeenCalled();
    await write(model);
    expect(tune).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1000);
    expect(tune).toHaveBeenCalledOnce();
    await write(model);
    await vi.advanceTimersByTimeAsync(1000);
    expect(tune).toHaveBeenCalledOnce();
  });

  it('wait for a run under way; a call meanwhile waits for them', async () => {
    let finish = () => {};
    const tune = vi.fn(() => new Promise<void>((resolve) => (finish = resolve)));
    const model = tuned(tune);
    await write(model);
    const running = model.generate([1, 2], options)[Symbol.asyncIterator]();
    await running.next();
    await vi.advanceTimersByTimeAsync(1000);
    expect(tune).not.toHaveBeenCalled();
    while (!(await running.next()).done);
    await vi.advanceTimersByTimeAsync(1000);
    expect(tune).toHaveBeenCalledOnce();
    let written: number[] | undefined;
    const asked = write(model).then((ids) => {
      written = ids;
    });
    await vi.advanceTimersByTimeAsync(1000);
    expect(written).toBeUndefined();
    finish();
    await asked;
    expect(written).toHaveLength(3);
  });

  it('may fail: the model goes on with those it has, and does not try again', async () => {
    const tune = vi.fn(async () => {
      throw new Error('a kernel does not compile');
    });
    const model = tuned(tune);
    const first = await write(model);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await write(model)).toEqual(first);
    await vi.advanceTimersByTimeAsync(1000);
    expect(tune).toHaveBeenCalledOnce();
  });

  it('are not chosen for a model that was disposed', async () => {
    const tune = vi.fn(async () => {});
    const model = tuned(tune);
    await write(model);
    model.dispose();
    await vi.advanceTimersByTimeAsync(1000);
    expect(tune).not.toHaveBeenCalled();
  });
});
