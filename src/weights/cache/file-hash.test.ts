import { sha256 as reference } from '@noble/hashes/sha2.js';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startHash, toHex } from './digest.ts';
import { startFileHash } from './file-hash.ts';
import type { HashAnswer, HashRequest } from './hash-worker.ts';

/** Does what hash-worker.ts does, in this thread; `fails` after so many pieces, or at once. */
class FakeWorker {
  static fails = Number.POSITIVE_INFINITY;
  static last: FakeWorker | undefined;
  onmessage: ((event: { data: HashAnswer }) => void) | null = null;
  onerror: ((event: { preventDefault(): void }) => void) | null = null;
  waiting = 0;
  mostWaiting = 0;
  terminated = false;
  private readonly hash = startHash();
  private pieces = 0;

  constructor() {
    FakeWorker.last = this;
    setImmediate(() => (FakeWorker.fails === 0 ? this.fail() : this.onmessage?.({ data: 'ready' })));
  }

  postMessage(message: HashRequest, transfer?: ArrayBuffer[]): void {
    const data = structuredClone(message, { transfer });
    if (data !== 'digest') this.waiting += 1;
    this.mostWaiting = Math.max(this.mostWaiting, this.waiting);
    setImmediate(() => {
      if (data === 'digest') return this.onmessage?.({ data: this.hash.digest() });
      this.waiting -= 1;
      if (++this.pieces > FakeWorker.fails) return this.fail();
      this.hash.update(data);
      this.onmessage?.({ data: 'hashed' });
    });
  }

  private fail(): void {
    this.onerror?.({ preventDefault: () => {} });
  }

  terminate(): void {
    this.terminated = true;
  }
}

const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 131 + (i >> 3)) & 255);

async function hashed(): Promise<string> {
  const hash = startFileHash();
  try {
    for (let at = 0; at < bytes.length; at += 9000) await hash.update(bytes.slice(at, at + 9000));
    return toHex(await hash.digest());
  } finally {
    hash.close();
  }
}

describe('the hash of a file', () => {
  const expected = toHex(reference(bytes));
  afterEach(() => vi.unstubAllGlobals());

  it('is computed in this thread where there are no workers', async () => {
    expect(await hashed()).toBe(expected);
  });

  it('is computed in a worker, with few pieces waiting for it', async () => {
    FakeWorker.fails = Number.POSITIVE_INFINITY;
    vi.stubGlobal('Worker', FakeWorker);
    expect(await hashed()).toBe(expected);
    expect(FakeWorker.last?.mostWaiting).toBeLessThanOrEqual(2);
    expect(FakeWorker.last?.terminated).toBe(true);
  });

  it('is computed in this thread when the page forbids the worker', async () => {
    FakeWorker.fails = 0;
    vi.stubGlobal('Worker', FakeWorker);
    expect(await hashed()).toBe(expected);
  });

  it('is no hash of a part when the worker stops', async () => {
    FakeWorker.fails = 3;
    vi.stubGlobal('Worker', FakeWorker);
    await expect(hashed()).rejects.toMatchObject({ code: 'integrity' });
  });
});
