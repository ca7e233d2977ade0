import { VitrineError } from '../lib/index.ts';

/** Milliseconds a paused holder keeps the lock while others wait for it. */
const pauseLimitMs = 100;

/** The exclusive right to call the runtime. */
export interface RuntimeLease {
  /** Marks the holder as waiting for its consumer. `stop` is called if another call takes the lock meanwhile. */
  pause(stop: () => Promise<void>): void;
  /** Ends a pause. False if the lock was taken meanwhile: the holder must acquire it again. */
  resume(): boolean;
  /** Idempotent. */
  release(): void;
}

interface Holder extends RuntimeLease {
  paused: (() => Promise<void>) | undefined;
}

interface Waiter {
  grant(lease: RuntimeLease): void;
  refuse(error: Error): void;
}

/**
 * Serialises calls to the runtime, first come, first served. A generation whose consumer does not read is preempted
 * when others wait: it is stopped between tokens and continues later from where it was.
 */
export class RuntimeLock {
  private holder: Holder | undefined;
  private readonly waiting: Waiter[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private closed: VitrineError | undefined;

  /** @throws VitrineError `aborted` when the signal fires first, `disposed` after {@link RuntimeLock.close}. */
  acquire(signal?: AbortSignal): Promise<RuntimeLease> {
    if (this.closed) return Promise.reject(this.closed);
    return new Promise((resolve, reject) => {
      const entry = { grant: resolve, refuse: reject };
      const abort = () => {
        const at = this.waiting.indexOf(entry);
        if (at < 0) return;
        this.waiting.splice(at, 1);
        reject(
          new VitrineError('aborted', 'The call was aborted while it waited.', { cause: signal?.reason }),
        );
      };
      if (signal?.aborted) {
        reject(new VitrineError('aborted', 'The call was aborted.', { cause: signal.reason }));
        return;
      }
      signal?.addEventListener('abort', abort, { once: true });
      this.waiting.push(entry);
      this.next();
    });
  }

  /** Whether the lock would be granted at once. */
  get idle(): boolean {
    return !this.holder && !this.closed && this.waiting.length === 0;
  }

  /** Rejects all waiting and later calls with `error`. */
  close(error: VitrineError): void {
    this.closed = error;
    for (const { refuse } of this.waiting.splice(0)) refuse(error);
  }

  private next(): void {
    if (this.holder) {
      this.watchPause();
      return;
    }
    const entry = this.waiting.shift();
    if (!entry) return;
    this.holder = this.createHolder();
    entry.grant(this.holder);
  }

  private createHolder(): Holder {
    const holder: Holder = {
      paused: undefined,
      pause: (stop) => {
        holder.paused = stop;
        if (this.waiting.length > 0) this.watchPause();
      },
      resume: () => {
        holder.paused = undefined;
        return this.holder === holder;
      },
      release: () => {
        if (this.holder !== holder) return;
        this.holder = undefined;
        this.next();
      },
    };
    return holder;
  }

  /** Preempts the holder if it is still in the same pause after {@link pauseLimitMs}. */
  private watchPause(): void {
    const { holder } = this;
    if (this.timer !== undefined || !holder?.paused) return;
    const stop = holder.paused;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (this.waiting.length === 0) return;
      // The holder has resumed, or a new holder paused while this timer was running: watch the current pause instead.
      if (this.holder !== holder || holder.paused !== stop) {
        this.watchPause();
        return;
      }
      // Ignore: the next holder sees the same error, such as a lost device.
      this.preempt(holder, stop).catch(() => {});
    }, pauseLimitMs);
  }

  private async preempt(holder: Holder, stop: () => Promise<void>): Promise<void> {
    // From here on the old holder's `resume` returns false. The lock stays taken until its run has stopped.
    const placeholder = this.createHolder();
    this.holder = placeholder;
    holder.paused = undefined;
    try {
      await stop();
    } finally {
      placeholder.release();
    }
  }
}
