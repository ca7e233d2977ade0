import { throwIfAborted } from '../lib/index.ts';

/** Runs one piece of work at a time, in the order of arrival. */
export class Queue {
  private last: Promise<unknown> = Promise.resolve();
  private count = 0;

  /** Waiting and running. */
  get length(): number {
    return this.count;
  }

  /** @throws VitrineError `aborted` when the signal is aborted before its turn */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    this.count += 1;
    const turn = this.last.then(() => {
      throwIfAborted(signal, 'The request');
      return work();
    });
    this.last = turn.catch(() => {});
    try {
      return await turn;
    } finally {
      this.count -= 1;
    }
  }
}
