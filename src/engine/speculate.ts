import type { DecodedToken } from '../model/index.ts';
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
  /** Guesses a pass. */
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
  private pace: Pace | undefined;

  constructor(private readonly options: SpeculatorOptions) {}

  /** For the last token's report. */
  get stats(): SpeculationStats {
    const { drafted, accepted, passes, active } = this;
    return { drafted, accepted, passes, active };
  }

  /** Tokens that are the token loop's to write next; Infinity when all are. */
  plainSteps(generated: number): number {
    return this.active ? Math.max(0, this.plainUntil - generated) : Number.POSITIVE_INFINITY;
  }

  /**
   * The next tokens of a column, at least one unless the choice is too close to call: then the token loop makes it.
   * @throws VitrineError as the runtime does
   */
  async pass(column: Column): Promise<DecodedToken[]> {
    const { session, now = () => performance.now() } = this.options;
    this.pace ??= new Pace(1000 / Math.max(1e-3, session.times.decodeTokensPerSecond));
    const started = now();
    const ids = column.window;
    const guesses = await this.guess(ids, column);
    const chosen = await this.choose(column, ids, guesses);
    let kept = 0;
    while (kept < guesses.length && chosen[kept]?.id === guesses[kept]) kept++;
    const tokens = this.certain(chosen.slice(0, kept + 1));
    if (tokens.length <= kept) this.plainUntil = column.generated + tokens.length + 1;
    const accepted = Math.min(kept, tokens.length);
    this.passes++;
    this.drafted += guesses.length;
    this.accepted += accepted;
    this.pace.note(guesses.length, accepted, now() - started);
    if (!this.pace.pays) this.active = false;
    return tokens;
  }

  private async guess(ids: readonly number[], column: Column): Promise<number[]> {
    const { session, most, maxNewTokens, draft, signal } = this.options;
    const { contextLength, config } = session.runtime;
    const room = Math.min(most, contextLength - ids.length, maxNewTokens - column.generated - 1);
    if (room < 1 || signal?.aborted) return [];
    const guesses = (await draft(ids, room, signal)).slice(0, room);
    const strange = guesses.findIndex((id) => id >= config.vocabSize);
    return strange < 0 ? guesses : guesses.slice(0, strange);
  }

  private async choose(column: Column, ids: readonly number[], guesses: readonly number[]) {
    const { session, sampling, alternatives, signal } = this.options;
    return session.verify(
      ids,
      guesses,
      {
        promptLength: Math.max(0, column.promptLength - column.start),
        firstDraw: column.generated,
        sampling,
        alternatives: isPlainGreedy(sampling) ? Math.max(2, alternatives) : alternatives,
      },
      signal,
    );
  }

  /** Tokens up to the first whose lead is too small, with as many alternatives as were asked for. */
  private certain(tokens: readonly DecodedToken[]): DecodedToken[] {
    const { sampling, alternatives } = this.options;
    const close = isPlainGreedy(sampling)
      ? tokens.findIndex(({ alternatives: [first, second] }) => {
          return first && second && first.logprob - second.logprob < leastLead;
        })
      : -1;
    const kept = close < 0 ? tokens : tokens.slice(0, close);
    return kept.map((token) => ({ ...token, alternatives: token.alternatives.slice(0, alternatives) }));
  }
}
