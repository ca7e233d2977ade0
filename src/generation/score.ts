import { checkOption, checkOptionNames, type OptionTable } from '../lib/index.ts';
import type { RecoverableRuntime } from './context.ts';
import { optionTable } from './options.ts';
import type { TokenAlternative } from './token.ts';

export interface ScoreOptions {
  /** How many of the likeliest tokens to give for each place, 0 to 20; default 0. */
  alternatives?: number;
}

export interface Score {
  ids: number[];
  /** logprobs[i] of ids[i] given the ids before it, in nats; [0] is NaN. */
  logprobs: number[];
  /** ranks[i] of ids[i] among all tokens given the ids before it, from 1; [0] is NaN. */
  ranks: number[];
  /** Entropy in nats of what could stand in place i; [0] is NaN. */
  entropies: number[];
  /** The likeliest tokens in place i, best first; [0] is empty. Where they were asked for. */
  alternatives?: TokenAlternative[][];
  /** exp of the mean negative log-probability of ids[1..]. */
  perplexity: number;
}

/**
 * Log-probabilities of every token of a text. A text longer than the context is read in windows that overlap by half,
 * so that every token after the first window has at least half a context before it.
 */
export async function scoreIds(
  { runtime, cache }: RecoverableRuntime,
  ids: readonly number[],
  options: ScoreOptions = {},
): Promise<Score> {
  const top = alternativesOf(options);
  const score = emptyScore(ids);
  const alternatives: TokenAlternative[][] = ids.map(() => []);
  const length = runtime.contextLength;
  const stride = Math.max(1, Math.floor(length / 2));
  let scored = 1;
  for (let start = 0; scored < ids.length || start === 0; start += stride) {
    const window = ids.slice(start, start + length);
    // Row i predicts ids[start + i + 1]; -1 leaves a row out.
    const targets = window.map((_, row) => {
      const at = start + row + 1;
      return at >= scored && at < ids.length ? (ids[at] as number) : -1;
    });
    cache.setContent(0);
    const rows = await runtime.score({ sequence: 0, position: 0, ids: window, targets, top });
    cache.setContent(0, window);
    for (const [row, target] of targets.entries()) {
      if (target < 0) continue;
      const at = start + row + 1;
      score.logprobs[at] = rows.logprobs[row] as number;
      score.ranks[at] = rows.ranks[row] as number;
      score.entropies[at] = rows.entropies[row] as number;
      alternatives[at] = (rows.likeliest[row] ?? []).map((one) => ({ ...one, text: '' }));
    }
    scored = Math.max(scored, Math.min(ids.length, start + length + 1));
    if (start + length >= ids.length) break;
  }
  const known = score.logprobs.slice(1);
  const mean = known.reduce((sum, value) => sum + value, 0) / Math.max(1, known.length);
  const perplexity = known.length ? Math.exp(-mean) : Number.NaN;
  return { ...score, perplexity, ...(top > 0 ? { alternatives } : {}) };
}

const scoreOptions = {
  alternatives: {
    ...optionTable.logprobs,
    summary: 'How many of the likeliest tokens to give for each place.',
  },
} satisfies OptionTable;

/** @throws VitrineError `invalid-argument` for a number outside 0 to 20 and for an unknown option */
function alternativesOf(options: ScoreOptions): number {
  checkOptionNames(options, scoreOptions);
  return checkOption('alternatives', options.alternatives ?? 0, scoreOptions.alternatives);
}

function emptyScore(ids: readonly number[]): Score {
  const unknown = () => new Array<number>(ids.length).fill(Number.NaN);
  return {
    ids: [...ids],
    logprobs: unknown(),
    ranks: unknown(),
    entropies: unknown(),
    perplexity: Number.NaN,
  };
}
