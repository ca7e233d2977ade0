import { VitrineError } from '../lib/index.ts';

/** How long a generation may sit unread before somebody who waits may take its place. */
const patienceMilliseconds = 100;

/** The right to use the model's runtime, held by one call at a time. */
export interface Turn {
  /** Says that the holder waits for its consumer; `stop` is called when another call takes over meanwhile. */
  pause(stop: () => Promise<void>): void;
  /** Ends a pause. False when the turn was taken over: the holder must take a new one. */
  resume(): boolean;
  /** Idempotent. */
  release(): void;
}

interface Holder extends Turn {
  paused: (() => Promise<void>) | undefined;
}

/**
 * One call after the other, in the order they came. A generation that nobody reads does not keep others waiting:
 * it is stopped in between and goes on later where it was.
 */
export class Turns {
  private holder: Holder | undefined;
  private readonly waiting: { grant: (turn: Turn) => void; refuse: (error: Error) => void }[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private closed: VitrineError | undefined;

  /** @throws VitrineError `aborted` when the signal fires first, `disposed` after {@link Turns.close}. */
  take(signal?: AbortSignal): Promise<Turn> {
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

  /** Whether a turn would be had at once. */
  get idle(): boolean {
    return !this.holder && !this.closed && this.waiting.length === 0;
  }

  /** Refuses everybody who waits, now and later. */
  close(error: VitrineError): void {
    this.closed = error;
    for (const { refuse } of this.waiting.splice(0)) refuse(error);
  }

  private next(): void {
    if (this.holder) {
      this.watch();
      return;
    }
    const entry = this.waiting.shift();
    if (!entry) return;
    this.holder = this.createHolder();
    entry.grant(this.holder);
  }

  private createHolder(): Holder {
    const end = () => {
      if (this.holder !== holder) return;
      this.holder = undefined;
      this.next();
    };
    const holder: Holder = {
      paused: undefined,
      pause: (stop) => {
        holder.paused = stop;
        if (this.waiting.length > 0) this.watch();
      },
      resume: () => {
        holder.paused = undefined;
        return this.holder === holder;
      },
      release: end,
    };
    return holder;
  }

  /** Takes the turn from a holder that stays paused. */
  private watch(): void {
    const { holder } = this;
    if (this.timer !== undefined || !holder?.paused) return;
    const seen = holder.paused;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (this.waiting.length === 0) return;
      // It went on reading, or another holds the turn by now, whose own pause found this timer running.
      if (this.holder !== holder || holder.paused !== seen) {
        this.watch();
        return;
      }
      // What stopping meets, a lost device for one, whoever comes next meets as well.
      this.takeOver(holder, seen).catch(() => {});
    }, patienceMilliseconds);
  }

  private async takeOver(holder: Holder, stop: () => Promise<void>): Promise<void> {
    // From here on `resume` must answer false, and nobody else may start until the old run has stopped.
    const between = this.createHolder();
    this.holder = between;
    holder.paused = undefined;
    try {
      await stop();
    } finally {
      between.release();
    }
  }
}
