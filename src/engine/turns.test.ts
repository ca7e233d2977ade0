import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { VitrineError } from '../lib/index.ts';
import { type Turn, Turns } from './turns.ts';

describe('turns', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const nothing = async () => {};

  it('are had in the order they were asked for', async () => {
    const turns = new Turns();
    const order: number[] = [];
    const asked = [0, 1, 2, 3].map((at) =>
      turns.take().then((turn) => {
        order.push(at);
        turn.release();
      }),
    );
    await Promise.all(asked);
    expect(order).toEqual([0, 1, 2, 3]);
    expect(turns.idle).toBe(true);
  });

  it('a holder that stays paused is stopped for who waits, and asks again', async () => {
    const turns = new Turns();
    const holder = await turns.take();
    const stop = vi.fn(nothing);
    holder.pause(stop);
    const next = turns.take();
    await vi.advanceTimersByTimeAsync(150);
    expect(stop).toHaveBeenCalledOnce();
    expect(holder.resume()).toBe(false);
    const again = turns.take();
    (await next).release();
    (await again).release();
    holder.release();
    expect(turns.idle).toBe(true);
  });

  it('a holder that reads on keeps its turn', async () => {
    const turns = new Turns();
    const holder = await turns.take();
    const next = turns.take();
    for (let token = 0; token < 20; token++) {
      holder.pause(async () => {});
      await vi.advanceTimersByTimeAsync(50);
      expect(holder.resume()).toBe(true);
    }
    holder.release();
    (await next).release();
  });

  it('a pause that begins while another holder is being watched does not go unseen', async () => {
    const turns = new Turns();
    const first = await turns.take();
    first.pause(nothing);
    const second = turns.take();
    const third = turns.take();
    await vi.advanceTimersByTimeAsync(50);
    first.resume();
    first.release();
    (await second).pause(nothing);
    let granted: Turn | undefined;
    void third.then((turn) => {
      granted = turn;
    });
    await vi.advanceTimersByTimeAsync(400);
    expect(granted).toBeDefined();
  });

  it('an abort ends the waiting, `close` everybody’s', async () => {
    const turns = new Turns();
    const holder = await turns.take();
    const control = new AbortController();
    const aborted = turns.take(control.signal);
    const waiting = turns.take();
    control.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'aborted' });
    await expect(turns.take(AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' });
    turns.close(new VitrineError('disposed', 'gone'));
    await expect(waiting).rejects.toMatchObject({ code: 'disposed' });
    await expect(turns.take()).rejects.toMatchObject({ code: 'disposed' });
    holder.release();
  });
});
