import { isAbort, throwIfAborted } from '../lib/index.ts';
import type { DecodedToken, DecodeRequest } from '../runtime/index.ts';
import type { GenerationContext } from './context.ts';
import type { GenerationConfig } from './generation-config.ts';
import type { RuntimeLease } from './runtime-lock.ts';
import { Sequence } from './sequence.ts';
import { SequenceText } from './sequence-text.ts';
import type { Speculator } from './speculate.ts';
import type { GeneratedToken } from './token.ts';

/** Sequences decoded side by side, through sliding windows, preemption and device loss. */
export class Batch {
  private readonly sequences: Sequence[];
  private lease: RuntimeLease | undefined;
  private recovered = false;
  private readonly started = performance.now();

  /** @param numbers of the sequences, as reported to the caller */
  constructor(
    private readonly context: GenerationContext,
    private readonly config: GenerationConfig,
    numbers: readonly number[],
    private readonly speculator?: Speculator,
  ) {
    const { prompt, stopStrings, conditions, sampling } = config;
    const { tokenizer } = context;
    this.sequences = numbers.map((number) => {
      const text = tokenizer && new SequenceText(tokenizer, stopStrings, prompt);
      return new Sequence(number, prompt, text, conditions, sampling);
    });
  }

  async *run(): AsyncGenerator<GeneratedToken> {
    const { session, lock } = this.context;
    try {
      for (;;) {
        const live = this.sequences.filter(({ finish }) => !finish);
        if (live.length === 0) return;
        this.lease ??= await lock.acquire(this.config.signal);
        await session.ready();
        try {
          await session.cache.setEdits(this.config.edits);
          if (this.plainSteps() > 0) yield* this.decodeUntilBlocked(live);
          else yield* this.speculateUntilBlocked(live[0] as Sequence);
        } catch (error) {
          if (this.abortedBetweenRuns(error)) continue;
          if (!session.isLoss(error) || this.recovered) throw error;
          this.recovered = true;
          await session.recover();
        }
      }
    } finally {
      this.lease?.release();
    }
  }

  /** An abort between two runs of the token loop: one more token reports it to the consumer. */
  private abortedBetweenRuns(error: unknown): boolean {
    return isAbort(error) && this.speculator !== undefined && (this.sequences[0]?.generated ?? 0) > 0;
  }

  /** Runs the token loop until a window is full, the lock is taken by another call, or every sequence ended. */
  private async *decodeUntilBlocked(live: readonly Sequence[]): AsyncGenerator<GeneratedToken> {
    const { cache } = this.context.session;
    const { signal } = this.config;
    for (const sequence of live) this.slideWindow(sequence);
    const contents = live.map((sequence) => ({ sequence: this.slot(sequence), ids: sequence.window }));
    await cache.prefillAll(contents, this.sequences.length, signal);
    const steps = cache.decode(this.request(live));
    try {
      for await (const tokens of steps) {
        const reports: GeneratedToken[] = [];
        for (const token of tokens) {
          const sequence = this.sequences[token.sequence];
          if (sequence && !sequence.finish) reports.push(this.accept(sequence, token));
        }
        this.recordFirstToken();
        const held = yield* this.report(reports, async () => void (await steps.return(undefined)));
        if (!held || live.every(({ finish }) => finish)) return;
      }
    } finally {
      await steps.return(undefined);
    }
    if (signal?.aborted && live.some(({ finish }) => !finish)) throwIfAborted(signal, 'The generation');
  }

  /** Verifies drafts until the sequence ends, the next token is the token loop's, or another call takes the lock. */
  private async *speculateUntilBlocked(sequence: Sequence): AsyncGenerator<GeneratedToken> {
    while (!sequence.finish && this.plainSteps() === 0) {
      this.slideWindow(sequence);
      const tokens = (await this.speculator?.pass(sequence)) ?? [];
      const reports: GeneratedToken[] = [];
      for (const token of tokens) if (!sequence.finish) reports.push(this.accept(sequence, token));
      // Nothing runs on the device between passes, so there is nothing to stop.
      if (!(yield* this.report(reports, async () => {}))) return;
    }
  }

  private accept(sequence: Sequence, token: DecodedToken): GeneratedToken {
    const report = sequence.accept(token, this.config.signal?.aborted === true);
    if (sequence.finish && this.speculator) report.speculation = this.speculator.stats;
    return report;
  }

  /** Tokens that the token loop generates before the next drafts. */
  private plainSteps(): number {
    return this.speculator?.plainSteps(this.sequences[0]?.generated ?? 0) ?? Number.POSITIVE_INFINITY;
  }

  /** Yields tokens to the consumer; false when another call took the lock meanwhile. */
  private async *report(
    reports: readonly GeneratedToken[],
    stop: () => Promise<void>,
  ): AsyncGenerator<GeneratedToken, boolean> {
    for (const report of reports) {
      this.lease?.pause(stop);
      yield report;
      if (this.lease && !this.lease.resume()) this.lease = undefined;
    }
    return this.lease !== undefined;
  }

  /** Drops the first half of a full window, so that every token still sees at least half a context. */
  private slideWindow(sequence: Sequence): void {
    const { contextLength, slide } = this.config;
    if (slide && sequence.ids.length - sequence.start > contextLength)
      sequence.start = sequence.ids.length - Math.max(1, Math.floor(contextLength / 2));
  }

  private request(live: readonly Sequence[]): DecodeRequest {
    const { contextLength, conditions, sampling, alternatives, signal } = this.config;
    const length = Math.max(...live.map(({ ids, start }) => ids.length - start));
    const generated = live[0]?.generated ?? 0;
    return {
      sequences: live.map((sequence) => this.slot(sequence)),
      contexts: live.map(({ context }) => context),
      sampling,
      firstDraw: generated,
      maxSteps: Math.min(contextLength + 1 - length, conditions.maxNewTokens - generated, this.plainSteps()),
      eosTokenIds: conditions.eosTokenIds,
      alternatives,
      signal,
    };
  }

  /** The runtime's number of a sequence. It never changes, so draws and cache stay valid when other sequences end. */
  private slot(sequence: Sequence): number {
    return this.sequences.indexOf(sequence);
  }

  private recordFirstToken(): void {
    const [first] = this.sequences;
    if (first?.generated === 1 && first.number === 0)
      this.context.session.times.timeToFirstTokenMs = performance.now() - this.started;
  }
}
