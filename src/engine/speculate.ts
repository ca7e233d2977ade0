import type { DecodedToken } from '../runtime/index.ts';
import { isPlainGreedy, type ResolvedSampling } from '../sampling/index.ts';
import type { Column } from './column.ts';
import { lookUp } from './lookup.ts';
import { Pace } from './pace.ts';
import type { Session } from './session.ts';
import type { SpeculationStats } from './types.ts';

/** Guesses at most `most` ids that come after `ids`; none where there is nothing to go by. */
export type Drafter = (ids: readonly number[], most: number, signal?: AbortSignal) => Promise<number[]>;

/** Guesses by what followed the same words before. */
export const lookupDrafter: Drafter = async (ids, most) => lookUp(ids, most);

/** What a speculator needs to know about the generation. */
export interface SpeculatorOptions {
  session: Session;
  draft: Drafter;
  /** Guesses a pass, at most. */
  most: number;
  sampling: ResolvedSampling;
  alternatives: number;
  maxNewTokens: number;
  signal?: AbortSignal;
  /** Milliseconds; replaceable in tests. */
  now?: () => number;
}

/** Tokens the token loop writes first, to know what it takes. */
const trialTokens = 8;
/** Tokens it writes after a look that found no guess; twice as many each time, up to the longest. */
const firstPause = 2;
const longestPause = 16;
/** Guesses of a short pass: with the token before them they fill one of four rows. */
const fewGuesses = 3;
/**
 * A greedy choice whose lead, in nats, is below this is left to the token loop: the two compute the same in another
 * order, and a rounding error must not decide. What they differ by is below a hundredth of this.
 */
export const leastLead = 1e-3;

/**
 * Speculative decoding: guesses several tokens, computes them in one pass, and keeps those that the sampler chooses
 * there anyway. Every row draws with the random number that is its place's own, so the tokens are those of the token
 * loop, and a guess is kept as often as the model would have drawn it.
 */
export class Speculator {
  private drafted = 0;
  private accepted = 0;
  private passes = 0;
  private active = true;
  private plainUntil = trialTokens;
  private pause = firstPause;
  private most: number;
  /** Guesses of the next pass: few until some were all right. */
  private size: number;
  private readonly pace = new Pace();

  constructor(private readonly options: SpeculatorOptions) {
    this.most = options.most;
    this.size = Math.min(fewGuesses, this.most);
  }

  /** For the last token's report. */
  get stats(): SpeculationStats {
    const { drafted, accepted, passes, active } = this;
    return { drafted, accepted, passes, active };
  }

  /** Tokens that are the token loop's to write next: none after an abort, when one more token ends it all. */
  plainSteps(generated: number): number {
    if (this.options.signal?.aborted && generated > 0) return 0;
    return Math.max(0, this.plainUntil - generated);
  }

  /**
   * The next tokens of a column. None where there is no guess or the choice is too close to call: the next are the
   * token loop's to write.
   * @throws VitrineError as the runtime does
   */
  async pass(column: Column): Promise<DecodedToken[]> {
    const { now = () => performance.now() } = this.options;
    const started = now();
    this.active = true;
    if (this.options.signal?.aborted) return this.told(await this.choose(column, []));
    const guesses = await this.guess(column);
    if (guesses.length === 0) {
      this.plainUntil = column.generated + this.pause;
      this.pause = Math.min(longestPause, 2 * this.pause);
      return [];
    }
    this.pause = firstPause;
    const chosen = await this.choose(column, guesses);
    let kept = 0;
    while (kept < guesses.length && chosen[kept]?.id === guesses[kept]) kept++;
    const tokens = this.certain(chosen.slice(0, kept + 1));
    this.size = kept === guesses.length ? this.most : Math.min(fewGuesses, this.most);
    const accepted = Math.min(kept, tokens.length);
    this.passes++;
    this.drafted += guesses.length;
    this.accepted += accepted;
    const rest = this.restAfter(accepted, now() - started);
    this.active = rest === 0;
    const next = column.generated + tokens.length;
    this.plainUntil = next + Math.max(rest, tokens.length > kept ? 0 : 1);
    return tokens;
  }

  /** Tokens to rest for. Passes that are too slow are made shorter before they are given up. */
  private restAfter(accepted: number, milliseconds: number): number {
    const { times } = this.options.session;
    const rest = this.pace.note(accepted, milliseconds, 1000 / Math.max(1e-3, times.decodeTokensPerSecond));
    if (rest?.reason !== 'slow' || this.most <= fewGuesses) return rest?.tokens ?? 0;
    this.most = fewGuesses;
    this.size = fewGuesses;
    return 0;
  }

  private async guess(column: Column): Promise<number[]> {
    const { session, maxNewTokens, draft, signal } = this.options;
    const ids = column.window;
    const { contextLength, config } = session.runtime;
    const room = Math.min(this.size, contextLength - ids.length, maxNewTokens - column.generated - 1);
    if (room < 1 || signal?.aborted) return [];
    const guesses = (await draft(ids, room, signal)).slice(0, room);
    const strange = guesses.findIndex((id) => id >= config.vocabSize);
    return strange < 0 ? guesses : guesses.slice(0, strange);
  }

  private choose(column: Column, guesses: readonly number[]): Promise<DecodedToken[]> {
    const { session, sampling, alternatives, signal } = this.options;
    return session.verify(
      column.window,
      guesses,
      {
        promptLength: Math.max(0, column.promptLength - column.start),
        firstDraw: column.generated,
        sampling,
        alternatives: isPlainGreedy(sampling) ? Math.max(2, alternatives) : alternatives,
      },
      signal?.aborted ? undefined : signal,
    );
  }

  /** Tokens up to the first whose lead is too small. */
  private certain(tokens: readonly DecodedToken[]): DecodedToken[] {
    const close = isPlainGreedy(this.options.sampling)
      ? tokens.findIndex(({ alternatives: [first, second] }) => {
          return first && second && first.logprob - second.logprob < leastLead;
        })
      : -1;
    return this.told(close < 0 ? tokens : tokens.slice(0, close));
  }

  /** With as many alternatives as were asked for. */
  private told(tokens: readonly DecodedToken[]): DecodedToken[] {
    const { alternatives: count } = this.options;
    return tokens.map((token) => ({ ...token, alternatives: token.alternatives.slice(0, count) }));
  }
}
