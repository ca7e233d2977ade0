import { isAbort, throwIfAborted } from '../lib/index.ts';
import type { DecodedToken, DecodeRequest } from '../runtime/index.ts';
import { createStopMatcher } from '../sampling/index.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import { Column } from './column.ts';
import { decodingPart } from './decoding-part.ts';
import { asksForDecodingPart } from './options.ts';
import { type Plan, planOf } from './plan.ts';
import type { Session } from './session.ts';
import type { Speculator } from './speculate.ts';
import type { Turn, Turns } from './turns.ts';
import type { GeneratedToken, GenerateOptions } from './types.ts';

/** What a generation works with. */
export interface Stage {
  session: Session;
  turns: Turns;
  tokenizer: Tokenizer;
}

/** Sequences decoded in one pass; more run batch after batch. */
const batchSize = 8;

/**
 * Generates `n` continuations of the prompt, in batches that share each read of the weights. Tokens come as they are
 * decided; pieces of text joined are the decoded whole, up to a stop string or the end-of-text token.
 *
 * @throws VitrineError `invalid-argument`, `context-overflow`; `aborted` when aborted before the first token: later
 * the stream ends with finishReason 'aborted'.
 */
export async function* generate(
  stage: Stage,
  promptIds: readonly number[],
  options: GenerateOptions,
  assistant?: Stage,
): AsyncGenerator<GeneratedToken> {
  const plan = planOf(stage.session.runtime, promptIds, options);
  const { n } = plan;
  const part = asksForDecodingPart(options) ? await decodingPart() : undefined;
  const beams = part?.beamsOf(options, plan.sampling);
  const speculator = part?.speculatorOf(stage.session, plan, options, assistant);
  throwIfAborted(options.signal, 'The generation');
  if (plan.ends.maxNewTokens === 0) return;
  if (part && beams) {
    yield* part.beamSearch(stage, plan, beams);
    return;
  }
  for (let first = 0; first < n; first += batchSize) {
    const count = Math.min(batchSize, n - first);
    // Another batch draws other numbers: sequences are told apart within a batch only.
    const sampling = { ...plan.sampling, seed: ((plan.sampling.seed ?? 0) + first * 0x9e3779b1) >>> 0 };
    const sequences = Array.from({ length: count }, (_, index) => first + index);
    yield* new Batch(stage, { ...plan, sampling }, sequences, speculator).run();
  }
}

/** One batch of sequences over the life of a generation: windows slide, turns are given up, devices are lost. */
class Batch {
  private readonly columns: Column[];
  private turn: Turn | undefined;
  private recovered = false;
  private readonly started = performance.now();

  constructor(
    private readonly stage: Stage,
    private readonly plan: Plan,
    sequences: readonly number[],
    private readonly speculator?: Speculator,
  ) {
    const { tokenizer } = stage;
    this.columns = sequences.map(
      (sequence) =>
        new Column(
          sequence,
          plan.prompt,
          tokenizer,
          tokenizer.stream(),
          createStopMatcher(plan.stops),
          plan.ends,
        ),
    );
  }

  async *run(): AsyncGenerator<GeneratedToken> {
    const { session, turns } = this.stage;
    try {
      for (;;) {
        const live = this.columns.filter((column) => !column.finish);
        if (live.length === 0) return;
        this.turn ??= await turns.take(this.plan.signal);
        await session.ready();
        try {
          if (this.plainSteps() > 0) yield* this.stretch(live);
          else yield* this.guess(live[0] as Column);
        } catch (error) {
          if (this.interrupted(error)) continue;
          if (!session.isLoss(error) || this.recovered) throw error;
          this.recovered = true;
          await session.recover();
        }
      }
    } finally {
      this.turn?.release();
    }
  }

  /** An abort between runs of the token loop: one more token tells the consumer. */
  private interrupted(error: unknown): boolean {
    return isAbort(error) && this.speculator !== undefined && (this.columns[0]?.generated ?? 0) > 0;
  }

  /** Decodes until a window is full, the turn is taken over, or all is done. */
  private async *stretch(live: readonly Column[]): AsyncGenerator<GeneratedToken> {
    const { session } = this.stage;
    const { signal } = this.plan;
    for (const column of live) this.slide(column);
    const contexts = live.map((column) => ({ sequence: this.slot(column), ids: column.window }));
    await session.placeAll(contexts, this.columns.length, signal);
    const steps = session.decode(this.request(live));
    try {
      for await (const tokens of steps) {
        const reports: GeneratedToken[] = [];
        for (const token of tokens) {
          const column = this.columns[token.sequence];
          if (column && !column.finish) reports.push(this.accept(column, token));
        }
        this.clock();
        const mine = yield* this.report(reports, async () => void (await steps.return(undefined)));
        if (!mine || live.every((column) => column.finish)) return;
      }
    } finally {
      await steps.return(undefined);
    }
    if (signal?.aborted && live.some((column) => !column.finish)) throwIfAborted(signal, 'The generation');
  }

  /** Passes over guessed tokens, until that is over, a token is the token loop's to choose, or the turn is taken over. */
  private async *guess(column: Column): AsyncGenerator<GeneratedToken> {
    while (!column.finish && this.plainSteps() === 0) {
      this.slide(column);
      const tokens = (await this.speculator?.pass(column)) ?? [];
      const reports: GeneratedToken[] = [];
      for (const token of tokens) if (!column.finish) reports.push(this.accept(column, token));
      // Between passes nothing is under way that would have to stop.
      if (!(yield* this.report(reports, async () => {}))) return;
    }
  }

  private accept(column: Column, token: DecodedToken): GeneratedToken {
    const report = column.accept(token, this.plan.signal?.aborted === true);
    if (column.finish && this.speculator) report.speculation = this.speculator.stats;
    return report;
  }

  /** Tokens that the token loop writes next. */
  private plainSteps(): number {
    return this.speculator?.plainSteps(this.columns[0]?.generated ?? 0) ?? Number.POSITIVE_INFINITY;
  }

  /** Hands tokens to the consumer; false when somebody else took the turn meanwhile. */
  private async *report(
    reports: readonly GeneratedToken[],
    stop: () => Promise<void>,
  ): AsyncGenerator<GeneratedToken, boolean> {
    for (const report of reports) {
      this.turn?.pause(stop);
      yield report;
      if (this.turn && !this.turn.resume()) this.turn = undefined;
    }
    return this.turn !== undefined;
  }

  /** A full window keeps its later half, so that half a context stands before every token. */
  private slide(column: Column): void {
    const { contextLength, slide } = this.plan;
    if (slide && column.ids.length - column.start > contextLength)
      column.start = column.ids.length - Math.max(1, Math.floor(contextLength / 2));
  }

  private request(live: readonly Column[]): DecodeRequest {
    const { contextLength, ends, sampling, alternatives, signal } = this.plan;
    const length = Math.max(...live.map((column) => column.ids.length - column.start));
    const generated = live[0]?.generated ?? 0;
    return {
      sequences: live.map((column) => this.slot(column)),
      contexts: live.map((column) => ({
        ids: column.window,
        promptLength: Math.max(0, column.promptLength - column.start),
      })),
      sampling,
      firstDraw: generated,
      maxSteps: Math.min(contextLength + 1 - length, ends.maxNewTokens - generated, this.plainSteps()),
      eosTokenIds: ends.eosTokenIds,
      alternatives,
      signal,
    };
  }

  /** Its sequence in the runtime, the same for life: draws and cache stay its own when others end before. */
  private slot(column: Column): number {
    return this.columns.indexOf(column);
  }

  private clock(): void {
    if (this.columns[0]?.generated === 1 && this.columns[0].sequence === 0)
      this.stage.session.times.timeToFirstTokenMs = performance.now() - this.started;
  }
}
