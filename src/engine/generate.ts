import { throwIfAborted, VitrineError } from '../lib/index.ts';
import type { DecodeRequest } from '../model/index.ts';
import { createStopMatcher, resolveSampling, type SamplingOptions } from '../sampling/index.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import { Column, type Ends } from './column.ts';
import type { Session } from './session.ts';
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

interface Plan {
  prompt: readonly number[];
  sampling: SamplingOptions;
  ends: Ends;
  contextLength: number;
  slide: boolean;
  alternatives: number;
  stops: readonly string[];
  signal?: AbortSignal;
}

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
): AsyncGenerator<GeneratedToken> {
  const n = wholeNumber('n', options.n ?? 1, 1, 64);
  const plan = planOf(stage, promptIds, options);
  throwIfAborted(options.signal, 'The generation');
  if (plan.ends.maxNewTokens === 0) return;
  for (let first = 0; first < n; first += batchSize) {
    const count = Math.min(batchSize, n - first);
    // Another batch draws other numbers: sequences are told apart within a batch only.
    const sampling = { ...plan.sampling, seed: ((plan.sampling.seed ?? 0) + first * 0x9e3779b1) >>> 0 };
    const sequences = Array.from({ length: count }, (_, index) => first + index);
    yield* new Batch(stage, { ...plan, sampling }, sequences).run();
  }
}

function planOf(stage: Stage, prompt: readonly number[], options: GenerateOptions): Plan {
  const { runtime } = stage.session;
  const { contextLength, config } = runtime;
  const slide = options.overflow === 'slide';
  if (options.overflow !== undefined && options.overflow !== 'slide' && options.overflow !== 'stop')
    throw new VitrineError('invalid-argument', `overflow is '${options.overflow}'; use 'stop' or 'slide'.`);
  if (prompt.length > contextLength && !slide) {
    throw new VitrineError(
      'context-overflow',
      `The prompt has ${prompt.length} tokens; this model reads ${contextLength}. Shorten it, or pass overflow: 'slide'.`,
    );
  }
  const most = Number.MAX_SAFE_INTEGER;
  const endless = slide ? contextLength : most;
  return {
    prompt,
    sampling: resolveSampling(options),
    ends: {
      maxNewTokens: wholeNumber('maxNewTokens', options.maxNewTokens ?? endless, 0, most),
      eosTokenIds: options.eos === false ? [] : config.eosTokenIds,
      contextLength: slide ? undefined : contextLength,
    },
    contextLength,
    slide,
    alternatives: wholeNumber('logprobs', options.logprobs ?? 0, 0, 20),
    stops: checkedStops(options.stop),
    signal: options.signal,
  };
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
          yield* this.stretch(live);
        } catch (error) {
          if (!session.isLoss(error) || this.recovered) throw error;
          this.recovered = true;
          await session.recover();
        }
      }
    } finally {
      this.turn?.release();
    }
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
          if (column && !column.finish) reports.push(column.accept(token, signal?.aborted === true));
        }
        this.clock();
        const mine = yield* this.report(reports, steps);
        if (!mine || live.every((column) => column.finish)) return;
      }
    } finally {
      await steps.return(undefined);
    }
    if (signal?.aborted && live.some((column) => !column.finish)) throwIfAborted(signal, 'The generation');
  }

  /** Hands tokens to the consumer; false when somebody else took the turn meanwhile. */
  private async *report(
    reports: readonly GeneratedToken[],
    steps: AsyncGenerator<unknown>,
  ): AsyncGenerator<GeneratedToken, boolean> {
    for (const report of reports) {
      this.turn?.pause(async () => void (await steps.return(undefined)));
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
      maxSteps: Math.min(contextLength + 1 - length, ends.maxNewTokens - generated),
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

function checkedStops(stops: readonly string[] | undefined): readonly string[] {
  if (stops === undefined) return [];
  if (!Array.isArray(stops) || stops.some((stop) => typeof stop !== 'string' || stop === ''))
    throw new VitrineError('invalid-argument', 'stop must be a list of strings that are not empty.');
  return stops;
}

/** @throws VitrineError `invalid-argument` naming the option. */
export function wholeNumber(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  const upTo = most === Number.MAX_SAFE_INTEGER ? 'or more' : `to ${most}`;
  throw new VitrineError('invalid-argument', `${name} is ${value}; use a whole number, ${least} ${upTo}.`);
}
