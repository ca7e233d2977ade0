import { describe, expect, it, vi } from 'vitest';
import { answered, detectPolling, queueDone } from './wait.ts';

/** A queue that answers at once, or only by a timer of 100 ms and whenever something is submitted. */
function fakeDevice(late: boolean) {
  const waiting: (() => void)[] = [];
  const answer = () => {
    for (const resolve of waiting.splice(0)) resolve();
  };
  const queue = {
    submits: 0,
    submit() {
      this.submits++;
      setTimeout(answer, 1);
    },
    onSubmittedWorkDone: () =>
      new Promise<void>((resolve) => {
        waiting.push(resolve);
        setTimeout(answer, late ? 100 : 0);
      }),
  };
  return { device: { queue } as unknown as GPUDevice, queue };
}

/** A device found to answer late; the timers are fake. */
async function lateDevice() {
  const late = fakeDevice(true);
  const found = detectPolling(late.device);
  await vi.advanceTimersByTimeAsync(60);
  await found;
  return late;
}

describe('waits for the queue', () => {
  it('are not nudged when the queue answers immediately', async () => {
    const { device, queue } = fakeDevice(false);
    await detectPolling(device);
    await queueDone(device);
    await answered(device, new Promise((resolve) => setTimeout(resolve, 20)));
    expect(queue.submits).toBe(0);
  });

  it('are nudged while pending when the queue answers late', async () => {
    vi.useFakeTimers();
    try {
      const { device, queue } = await lateDevice();
      const { submits } = queue;
      const waits = Promise.all([queueDone(device), queueDone(device)]);
      await vi.advanceTimersByTimeAsync(5);
      await waits;
      expect(queue.submits).toBe(submits + 1);
      await vi.advanceTimersByTimeAsync(1000);
      expect(queue.submits, 'nobody waits any more').toBe(submits + 1);
    } finally {
      vi.useRealTimers();
    }
  });

  it('end the nudges when they fail', async () => {
    vi.useFakeTimers();
    try {
      const { device, queue } = await lateDevice();
      const { submits } = queue;
      await expect(answered(device, Promise.reject(new Error('lost')))).rejects.toThrow('lost');
      await vi.advanceTimersByTimeAsync(1000);
      expect(queue.submits).toBe(submits);
    } finally {
      vi.useRealTimers();
    }
  });
});
