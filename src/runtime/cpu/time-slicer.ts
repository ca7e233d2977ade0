import { throwIfAborted } from '../../lib/index.ts';

/** Milliseconds of computation before yielding to the event loop. */
const sliceMilliseconds = 8;

/** Runs long computations in slices, so that messages, clicks and aborts are handled. */
export class TimeSlicer {
  private started = performance.now();

  /** Yields to the event loop when the slice is used up. */
  async pause(): Promise<void> {
    if (performance.now() - this.started < sliceMilliseconds) return;
    await eventLoopTurn();
    this.started = performance.now();
  }

  /**
   * Runs a computation that yields where it may be interrupted.
   * @throws VitrineError `aborted` between slices when the signal has fired
   */
  async run<T>(work: Generator<void, T>, what: string, signal?: AbortSignal): Promise<T> {
    for (;;) {
      const { done, value } = work.next();
      if (done) return value;
      if (performance.now() - this.started < sliceMilliseconds) continue;
      await this.pause();
      throwIfAborted(signal, what);
    }
  }
}

/** A turn of the event loop; timers would wait longer. */
function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
