import type { DecodedToken } from '../runtime/index.ts';
import { isPlainGreedy, type ResolvedSampling } from '../sampling/index.ts';
import type { RecoverableRuntime } from './context.ts';
import { lookUpPrompt } from './prompt-lookup.ts';
import type { Sequence } from './sequence.ts';
import { SpeculationPolicy } from './speculation-policy.ts';
import type { SpeculationStats } from './token.ts';

/** Drafts up to `most` ids that may follow `ids`; none when it has no proposal. */
export type Drafter = (ids: readonly number[], most: number, signal?: AbortSignal) => Promise<number[]>;

/** Drafts from earlier occurrences in the text itself. */
export const promptLookupDrafter: Drafter = async (ids, most) => lookUpPrompt(ids, most);

export interface SpeculatorOptions {
  session: RecoverableRuntime;
  draft: Drafter;
  /** Most drafts in one pass. */
  maxDrafts: number;
  sampling: ResolvedSampling;
  /** Alternatives to report per token. */
  alternatives: number;
  maxNewTokens: number;
  signal?: AbortSignal;
  /** Clock in milliseconds; replaceable in tests. */
  now?: () => number;
}

/** Tokens the token loop generates first, to measure its rate. */
const trialTokens = 8;
/** Tokens to wait after a draft came out empty; doubled each time, up to the longest. */
const firstWait = 2;
const longestWait = 16;
/** Drafts of a short pass: with the token before them they fill one tile of four rows. */
const fewDrafts = 3;
/**
 * A greedy choice with a smaller lead than this, in nats, is left to the token loop: both paths compute the same sums in
 * another order, and a rounding error must not decide. Their difference is below a hundredth of it.
 */
export const leastLead = 1e-3;

/**
 * Speculative decoding: drafts several tokens, computes them in one pass, and keeps those the sampler chooses anyway.
 * Each row draws with the random number of its own position, so the tokens equal those of the token loop.
 */
export class Speculator {
  private drafted = 0;
  private accepted = 0;
  private passes = 0;
  private active = true;
  private plainUntil = trialTokens;
  private wait = firstWait;
  private maxDrafts: number;
  /** Drafts of the next pass: few until all of a pass were accepted. */
  private size: number;
  private readonly policy = new SpeculationPolicy();

  constructor(private readonly options: SpeculatorOptions) {
    this.maxDrafts = options.maxDrafts;
    this.size = Math.min(fewDrafts, this.maxDrafts);
  }

  /** For the report of the last token. */
  get stats(): SpeculationStats {
    const { drafted, accepted, passes, active } = this;
    return { drafted, accepted, passes, active };
  }

  /** Tokens the token loop generates before the next pass; none after an abort, when one more token ends it all. */
  plainSteps(generated: number): number {
    if (this.options.signal?.aborted && generated > 0) return 0;
    return Math.max(0, this.plainUntil - generated);
  }

  /**
   * The next tokens of a sequence. Empty when there is no draft or the choice is too close: the token loop goes on.
   * @throws VitrineError of the runtime
   */
  async pass(sequence: Sequence): Promise<DecodedToken[]> {
    const { now = () => performance.now() } = this.options;
    const started = now();
    this.active = true;
    if (this.options.signal?.aborted) return this.withoutExtras(await this.verify(sequence, []));
    const drafts = await this.draft(sequence);
    if (drafts.length === 0) {
      this.plainUntil = sequence.generated + this.wait;
      this.wait = Math.min(longestWait, 2 * this.wait);
      return [];
    }
    this.wait = firstWait;
    const chosen = await this.verify(sequence, drafts);
    let kept = 0;
    while (kept < drafts.length && chosen[kept]?.id === drafts[kept]) kept++;
    const tokens = this.certain(chosen.slice(0, kept + 1));
    this.size = kept === drafts.length ? this.maxDrafts : Math.min(fewDrafts, this.maxDrafts);
    this.record(sequence, { drafts: drafts.length, kept, tokens: tokens.length, time: now() - started });
    return tokens;
  }

  private record(
    sequence: Sequence,
    { drafts, kept, tokens, time }: { drafts: number; kept: number; tokens: number; time: number },
  ): void {
    const accepted = Math.min(kept, tokens);
    this.passes++;
    this.drafted += drafts;
    this.accepted += accepted;
    const pause = this.pauseAfter(accepted, time);
    this.active = pause === 0;
    this.plainUntil = sequence.generated + tokens + Math.max(pause, tokens > kept ? 0 : 1);
  }

  /** Tokens to pause for. Passes that are too slow are shortened before drafting pauses. */
  private pauseAfter(accepted: number, milliseconds: number): number {
    const { times } = this.options.session;
    const plainMilliseconds = 1000 / Math.max(1e-3, times.decodeTokensPerSecond);
    const pause = this.policy.record(accepted, milliseconds, plainMilliseconds);
    if (pause?.reason !== 'slow' || this.maxDrafts <= fewDrafts) return pause?.tokens ?? 0;
    this.maxDrafts = fewDrafts;
    this.size = fewDrafts;
    return 0;
  }

  private async draft(sequence: Sequence): Promise<number[]> {
    const { session, maxNewTokens, draft, signal } = this.options;
    const ids = sequence.window;
    const { contextLength, config } = session.runtime;
    const most = Math.min(this.size, contextLength - ids.length, maxNewTokens - sequence.generated - 1);
    if (most < 1 || signal?.aborted) return [];
    const drafts = (await draft(ids, most, signal)).slice(0, most);
    const unknown = drafts.findIndex((id) => id >= config.vocabSize);
    return unknown < 0 ? drafts : drafts.slice(0, unknown);
  }

  private verify(sequence: Sequence, drafts: readonly number[]): Promise<DecodedToken[]> {
    const { session, sampling, alternatives, signal } = this.options;
    return session.cache.verifyDrafts(
      sequence.window,
      drafts,
      {
        promptLength: sequence.promptInWindow,
        memory: sequence.memory,
        firstDraw: sequence.generated,
        sampling,
        // The lead of a greedy choice is read from two alternatives.
        alternatives: isPlainGreedy(sampling) ? Math.max(2, alternatives) : alternatives,
      },
      signal?.aborted ? undefined : signal,
    );
  }

  /** Tokens before the first whose lead is too small. */
  private certain(tokens: readonly DecodedToken[]): DecodedToken[] {
    const close = isPlainGreedy(this.options.sampling)
      ? tokens.findIndex(({ alternatives: [first, second] }) => {
          return first && second && first.logprob - second.logprob < leastLead;
        })
      : -1;
    return this.withoutExtras(close < 0 ? tokens : tokens.slice(0, close));
  }

  /** With no more alternatives than the caller asked for. */
  private withoutExtras(tokens: readonly DecodedToken[]): DecodedToken[] {
    const { alternatives: count } = this.options;
    return tokens.map((token) => ({ ...token, alternatives: token.alternatives.slice(0, count) }));
  }
}
