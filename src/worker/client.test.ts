import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { modelFiles } from '../../test/support/model-files.ts';
import type { Model } from '../engine/index.ts';
import { Host } from './host.ts';
import type { Request } from './protocol.ts';

/** The workers started so far, newest last. Each runs the engine in this thread behind a worker's messages. */
const workers: FakeWorker[] = [];

class FakeWorker {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onerror: ((event: { message: string; preventDefault(): void }) => void) | null = null;
  onmessageerror: (() => void) | null = null;
  terminated = false;
  private take: (message: Request) => void = () => {};

  constructor() {
    workers.push(this);
    new Host({
      post: (data) => setImmediate(() => this.terminated || this.onmessage?.({ data })),
      listen: (take) => {
        this.take = take;
      },
    });
  }

  postMessage(message: Request): void {
    setImmediate(() => this.terminated || this.take(message));
  }

  terminate(): void {
    this.terminated = true;
  }

  /** Fails like a script that throws or does not load. */
  die(): void {
    this.onerror?.({ message: 'out of order', preventDefault: () => {} });
  }
}

const names = ['config.json', 'vocab.json', 'merges.txt', 'model.safetensors'];
const options = { temperature: 0, eos: false, maxNewTokens: 100 };

let files: File[];

function load(loadModel: typeof import('./client.ts').loadModel): Promise<Model> {
  return loadModel(files, { backend: 'cpu', cache: false });
}

describe('a worker that fails', () => {
  beforeEach(async () => {
    files = await modelFiles('test/golden/bf16', names);
    workers.length = 0;
    vi.resetModules();
    vi.stubGlobal('Worker', FakeWorker);
    vi.stubGlobal('document', { baseURI: 'http://localhost/' });
  });
  afterEach(() => vi.unstubAllGlobals());

  it('fails every call with the reason; the next load starts another', async () => {
    const { loadModel } = await import('./client.ts');
    const model = await load(loadModel);
    const running = model.generate([5, 6, 7], options)[Symbol.asyncIterator]();
    await running.next();
    const waiting = [model.score([1, 2]), model.logits([1]), load(loadModel)];
    const outcomes = Promise.allSettled(waiting);
    // The load has asked its worker by then.
    await new Promise((resolve) => setTimeout(resolve, 20));
    workers[0]?.die();
    const told = { code: 'network', message: expect.stringContaining('out of order') };
    const ended = (async () => {
      for (;;) if ((await running.next()).done) return;
    })();
    await expect(ended).rejects.toMatchObject(told);
    const [score, logits] = await outcomes;
    for (const outcome of [score, logits]) expect(outcome).toMatchObject({ reason: told });
    await expect(model.score([1])).rejects.toMatchObject(told);
    model.dispose();
    expect(workers[0]?.terminated).toBe(true);

    const again = await load(loadModel);
    expect(workers).toHaveLength(2);
    expect((await again.score([1, 2])).perplexity).toBeGreaterThan(1);
    again.dispose();
  });

  it('a message that cannot be read fails every call', async () => {
    const { loadModel } = await import('./client.ts');
    const model = await load(loadModel);
    const call = model.inspect([1, 2, 3], { attention: true });
    workers[0]?.onmessageerror?.();
    await expect(call).rejects.toMatchObject({ code: 'network' });
    model.dispose();
  });

  it('before its first message: this thread runs the call instead', async () => {
    const { loadModel, planMemory } = await import('./client.ts');
    const loading = load(loadModel);
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(workers[0]?.terminated).toBe(false);
    workers[0]?.die();
    const model = await loading;
    expect((await model.score([1, 2])).perplexity).toBeGreaterThan(1);
    expect(workers[0]?.terminated).toBe(true);
    model.dispose();
    // The next call tries a worker again.
    await expect(planMemory('no model!')).rejects.toMatchObject({ code: 'invalid-argument' });
    expect(workers).toHaveLength(2);
  });

  it('errors of the call itself do not start another attempt', async () => {
    const { loadModel } = await import('./client.ts');
    await expect(loadModel('no model!', { cache: false })).rejects.toMatchObject({
      code: 'invalid-argument',
    });
    const left = AbortSignal.abort();
    await expect(loadModel(files, { cache: false, signal: left })).rejects.toMatchObject({ code: 'aborted' });
    expect(workers).toHaveLength(1);
  });
});
