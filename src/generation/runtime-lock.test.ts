import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { VitrineError } from '../lib/index.ts';
import { type RuntimeLease, RuntimeLock } from './runtime-lock.ts';

describe('RuntimeLock', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const nothing = async () => {};

  it('is granted in the order of the requests', async () => {
    const lock = new RuntimeLock();
    const order: number[] = [];
    const asked = [0, 1, 2, 3].map((at) =>
      lock.acquire().then((lease) => {
        order.push(at);
        lease.release();
      }),
    );
    await Promise.all(asked);
    expect(order).toEqual([0, 1, 2, 3]);
    expect(lock.idle).toBe(true);
  });

  it('preempts a holder that stays paused, which then acquires the lock again', async () => {
    const lock = new RuntimeLock();
    const holder = await lock.acquire();
    const stop = vi.fn(nothing);
    holder.pause(stop);
    const next = lock.acquire();
    await vi.advanceTimersByTimeAsync(150);
    expect(stop).toHaveBeenCalledOnce();
    expect(holder.resume()).toBe(false);
    const again = lock.acquire();
    (await next).release();
    (await again).release();
    holder.release();
    expect(lock.idle).toBe(true);
  });

  it('leaves the lock to a holder whose consumer reads', async () => {
    const lock = new RuntimeLock();
    const holder = await lock.acquire();
    const next = lock.acquire();
    for (let token = 0; token < 20; token++) {
      holder.pause(async () => {});
      await vi.advanceTimersByTimeAsync(50);
      expect(holder.resume()).toBe(true);
    }
    holder.release();
    (await next).release();
  });

  it('notices a pause that begins while another holder is being watched', async () => {
    const lock = new RuntimeLock();
    const first = await lock.acquire();
    first.pause(nothing);
    const second = lock.acquire();
    const third = lock.acquire();
    await vi.advanceTimersByTimeAsync(50);
    first.resume();
    first.release();
    (await second).pause(nothing);
    let granted: RuntimeLease | undefined;
    void third.then((lease) => {
      granted = lease;
    });
    await vi.advanceTimersByTimeAsync(400);
    expect(granted).toBeDefined();
  });

  it('an abort ends one wait, `close` ends all', async () => {
    const lock = new RuntimeLock();
    const holder = await lock.acquire();
    const control = new AbortController();
    const aborted = lock.acquire(control.signal);
    const waiting = lock.acquire();
    control.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'aborted' });
    await expect(lock.acquire(AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' });
    lock.close(new VitrineError('disposed', 'gone'));
    await expect(waiting).rejects.toMatchObject({ code: 'disposed' });
    await expect(lock.acquire()).rejects.toMatchObject({ code: 'disposed' });
    holder.release();
  });
});
