import type { DecodedToken } from '../runtime/index.ts';

export interface BeamOptions {
  /** Continuations kept at every step. */
  numBeams: number;
  /** Finished texts are compared by log-probability / length ^ lengthPenalty: above 0 favours longer ones. */
  lengthPenalty: number;
  /** When enough texts are finished: stop at once, when no beam seems better, or when none can become better. */
  earlyStopping: boolean | 'never';
}

/** A continuation: its tokens, and the sum of their log-probabilities. */
export interface Beam {
  tokens: readonly DecodedToken[];
  sum: number;
}

/** A beam one token longer, and which of the beams before it began. */
export interface GrownBeam extends Beam {
  parent: number;
}

/** A text that is over, by its end-of-text token or by the limit. */
export interface Hypothesis {
  tokens: readonly DecodedToken[];
  /** sum of log-probabilities / length ^ lengthPenalty, the end-of-text token included in both. */
  score: number;
}

/**
 * The rules of beam search, those of Hugging Face's BeamSearchScorer: of all continuations of all beams the likeliest
 * go on; an end-of-text among the first `numBeams` of them finishes a text; the best `numBeams` finished are kept.
 */
export class BeamScorer {
  private readonly finished: Hypothesis[] = [];
  private over = false;

  /** @param limit tokens a text may have */
  constructor(
    private readonly options: BeamOptions,
    private readonly eosTokenIds: readonly number[],
    private readonly limit: number,
  ) {}

  /** Alternatives that every beam must come with: no more of one beam can be among what goes on. */
  get alternatives(): number {
    return this.options.numBeams + this.eosTokenIds.length;
  }

  /** Whether the finished texts are the answer. */
  get done(): boolean {
    return this.over;
  }

  /** Beams that go on, best first, from what each may continue with: `continuations[i]` of `beams[i]`, best first. */
  advance(beams: readonly Beam[], continuations: readonly (readonly DecodedToken[])[]): GrownBeam[] {
    const { numBeams } = this.options;
    const ranked = beams
      .flatMap(({ tokens, sum }, parent) =>
        (continuations[parent] ?? []).map((token) => ({
          parent,
          tokens: [...tokens, token],
          sum: sum + token.logprob,
        })),
      )
      .sort((left, right) => right.sum - left.sum);
    const next: GrownBeam[] = [];
    for (const [rank, beam] of ranked.entries()) {
      if (next.length === numBeams) break;
      if (!this.eosTokenIds.includes(beam.tokens.at(-1)?.id as number)) next.push(beam);
      else if (rank < numBeams) this.finish(beam);
    }
    const best = ranked[0];
    if (best) this.over ||= this.settled(best.sum, best.tokens.length);
    return next;
  }

  /** The best `count` texts; beams that were still going count as finished unless it was done before. */
  best(beams: readonly Beam[], count: number): Hypothesis[] {
    if (!this.over) for (const beam of beams) this.finish(beam);
    return [...this.finished].sort((left, right) => right.score - left.score).slice(0, count);
  }

  private finish({ tokens, sum }: Beam): void {
    const score = this.scored(sum, tokens.length);
    const { finished } = this;
    if (finished.length < this.options.numBeams) {
      finished.push({ tokens, score });
      return;
    }
    const worst = finished.reduce(
      (least, { score }, at) => (score < (finished[least]?.score ?? 0) ? at : least),
      0,
    );
    if (score > (finished[worst]?.score ?? 0)) finished[worst] = { tokens, score };
  }

  /** Whether no beam can replace a finished text any more, as far as `earlyStopping` wants it known. */
  private settled(bestSum: number, length: number): boolean {
    const { numBeams, earlyStopping, lengthPenalty } = this.options;
    if (this.finished.length < numBeams) return false;
    if (earlyStopping === true) return true;
    const until = earlyStopping === 'never' && lengthPenalty > 0 ? this.limit : length;
    const worst = Math.min(...this.finished.map(({ score }) => score));
    return worst >= this.scored(bestSum, until);
  }

  private scored(sum: number, length: number): number {
    return sum / length ** this.options.lengthPenalty;
  }
}
