import { VitrineError } from '../lib/index.ts';
import type { ChooseRequest, DecodedToken, DecodeRequest, Runtime } from '../runtime/index.ts';
import type { AdapterSummary } from './types.ts';

/** A runtime with what the model says about it. */
export interface Standing {
  runtime: Runtime;
  dtype: string;
  adapter: AdapterSummary;
}

/** What a sequence is to hold. */
export interface Placement {
  sequence: number;
  ids: readonly number[];
}

/** How the tokens of a sequence are chosen: what {@link Session.verify} passes on. */
export interface Choice extends Pick<ChooseRequest, 'sampling' | 'alternatives'> {
  promptLength: number;
  firstDraw: number;
}

export interface SessionTimes {
  prefillTokensPerSecond: number;
  decodeTokensPerSecond: number;
  timeToFirstTokenMs: number;
}

/**
 * What the runtime's caches hold, so that a prompt which begins like the last one computes only its new tail, and how
 * to stand up again after the device was lost. Calls are made by whoever holds the turn.
 */
export class Session {
  /** Ids whose keys and values are in the cache, per sequence. */
  private cached: number[][] = [[]];
  private lost = false;
  private disposed = false;
  /** Positions computed by prefill, in all; tests prove reuse with it. */
  prefilled = 0;
  readonly times: SessionTimes = {
    prefillTokensPerSecond: 0,
    decodeTokensPerSecond: 0,
    timeToFirstTokenMs: 0,
  };

  constructor(
    private standing: Standing,
    private readonly rebuild: () => Promise<Standing>,
  ) {
    this.watch();
  }

  get current(): Standing {
    return this.standing;
  }

  get runtime(): Runtime {
    return this.standing.runtime;
  }

  private watch(): void {
    const { runtime } = this.standing;
    void runtime.lost.then(() => {
      if (this.standing.runtime === runtime) this.lost = true;
    });
  }

  /** Runs `work`; after a lost device the model is loaded again and `work` runs once more. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.ready();
    try {
      return await work();
    } catch (error) {
      if (!this.isLoss(error)) throw error;
      await this.recover();
      return await work();
    }
  }

  /** Stands up again when the device was lost since the last call. */
  async ready(): Promise<void> {
    if (this.disposed) throw disposedError();
    if (this.lost) await this.recover();
  }

  /** Whether a lost device is behind an error. */
  isLoss(error: unknown): boolean {
    if (this.disposed) return false;
    return this.lost || (error instanceof VitrineError && error.code === 'device-lost');
  }

  /**
   * Loads the weights again onto a new device; the caches are empty afterwards.
   * @throws VitrineError `disposed` when that came first: nothing is left standing then.
   */
  async recover(): Promise<void> {
    this.standing.runtime.dispose();
    this.cached = [[]];
    this.lost = true;
    const standing = await this.rebuild().catch((cause: unknown) => {
      if (!(cause instanceof VitrineError && cause.code === 'webgpu-unavailable')) throw cause;
      throw new VitrineError('device-lost', `The GPU went away and did not come back. ${cause.message}`, {
        cause,
      });
    });
    if (this.disposed) {
      standing.runtime.dispose();
      throw disposedError();
    }
    this.standing = standing;
    this.lost = false;
    this.watch();
  }

  /** Makes a sequence hold exactly `ids`, computing only what its cache does not hold yet. */
  async place(sequence: number, ids: readonly number[], signal?: AbortSignal): Promise<void> {
    const had = this.cached[sequence] ?? [];
    const kept = Math.min(commonPrefix(had, ids), ids.length - 1);
    this.cached[sequence] = had.slice(0, kept);
    const started = performance.now();
    await this.runtime.prefill(sequence, kept, ids.slice(kept), signal);
    const count = ids.length - kept;
    this.prefilled += count;
    this.times.prefillTokensPerSecond = (count * 1000) / Math.max(0.1, performance.now() - started);
    this.cached[sequence] = [...ids];
  }

  /** Makes sequences, of `room` there are, hold their contexts; contexts equal to the first are computed once. */
  async placeAll(contexts: readonly Placement[], room: number, signal?: AbortSignal): Promise<void> {
    await this.reserve(room);
    const [first, ...others] = contexts;
    if (!first) return;
    await this.place(first.sequence, first.ids, signal);
    const same: number[] = [];
    for (const { sequence, ids } of others) {
      if (ids.length === first.ids.length && commonPrefix(ids, first.ids) === ids.length) same.push(sequence);
      else await this.place(sequence, ids, signal);
    }
    if (same.length === 0) return;
    await this.fork(first.sequence, same, first.ids.length);
  }

  /** Makes the cache of a sequence begin with `ids`, which may be none; the sequence need not end there. */
  async hold(sequence: number, ids: readonly number[], signal?: AbortSignal): Promise<void> {
    if (commonPrefix(this.cached[sequence] ?? [], ids) < ids.length) await this.place(sequence, ids, signal);
  }

  /**
   * Chooses, in one pass, the token after `ids` and after each of the `guesses` that follow them. The first choice
   * holds whatever was guessed; each other one if the guesses before it are right.
   */
  async verify(
    ids: readonly number[],
    guesses: readonly number[],
    { promptLength, firstDraw, sampling, alternatives }: Choice,
    signal?: AbortSignal,
  ): Promise<DecodedToken[]> {
    await this.reserve(1);
    await this.hold(0, ids.slice(0, -1), signal);
    const all = [...ids, ...guesses];
    const rows = Array.from({ length: guesses.length + 1 }, (_, index) => ({
      sequence: 0,
      ids: all.slice(0, ids.length + index),
      promptLength,
      draw: firstDraw + index,
    }));
    return this.choose({ rows, sampling, alternatives });
  }

  /** The runtime's choice after given tokens; the caches hold what is before them. */
  async choose(request: ChooseRequest): Promise<DecodedToken[]> {
    for (const { sequence, ids } of request.rows)
      this.cached[sequence] = this.cached[sequence]?.slice(0, ids.length - 1) ?? [];
    const tokens = await this.runtime.choose(request);
    for (const { sequence, ids } of request.rows) this.cached[sequence] = [...ids];
    return tokens;
  }

  /** Copies the first `length` positions of a sequence to others. */
  async fork(from: number, to: readonly number[], length: number): Promise<void> {
    const held = (this.cached[from] ?? []).slice(0, length);
    for (const sequence of to) this.cached[sequence] = [];
    await this.runtime.fork(from, to, length);
    for (const sequence of to) this.cached[sequence] = [...held];
  }

  private async reserve(sequences: number): Promise<void> {
    if (sequences === this.cached.length) return;
    // When there is no room the runtime stays as it was.
    await this.runtime.reserve(sequences);
    const kept = this.cached[0] ?? [];
    this.cached = [kept, ...Array.from({ length: sequences - 1 }, () => [])];
  }

  /** Forgets what a sequence holds: something else wrote into its cache. */
  forget(sequence: number, ids: readonly number[] = []): void {
    this.cached[sequence] = [...ids];
  }

  /** The runtime's token loop; keeps count of what the caches hold. */
  async *decode(request: DecodeRequest): AsyncGenerator<DecodedToken[]> {
    const last = new Map<number, number>();
    const started = performance.now();
    let steps = 0;
    let firstAt = started;
    for await (const tokens of this.runtime.decode(request)) {
      // A token's keys and values are there once the next one has come out.
      for (const { sequence, id } of tokens) {
        const before = last.get(sequence);
        if (before !== undefined) this.cached[sequence]?.push(before);
        last.set(sequence, id);
      }
      const now = performance.now();
      if (steps === 0) firstAt = now;
      else this.times.decodeTokensPerSecond = (steps * 1000) / Math.max(0.1, now - firstAt);
      steps++;
      yield tokens;
    }
  }

  dispose(): void {
    this.disposed = true;
    this.standing.runtime.dispose();
  }
}

export function disposedError(): VitrineError {
  return new VitrineError('disposed', 'The model was disposed. Load it again.');
}

export function commonPrefix(left: readonly number[], right: readonly number[]): number {
  const most = Math.min(left.length, right.length);
  let at = 0;
  while (at < most && left[at] === right[at]) at++;
  return at;
}
