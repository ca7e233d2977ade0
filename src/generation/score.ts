import type { RecoverableRuntime } from './context.ts';

export interface Score {
  ids: number[];
  /** logprobs[i] of ids[i] given the ids before it, in nats; [0] is NaN. */
  logprobs: number[];
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
): Promise<Score> {
  const logprobs = new Array<number>(ids.length).fill(Number.NaN);
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
    const rows = await runtime.score({ sequence: 0, position: 0, ids: window, targets });
    cache.setContent(0, window);
    for (const [row, target] of targets.entries()) {
      if (target >= 0) logprobs[start + row + 1] = rows.logprobs[row] as number;
    }
    scored = Math.max(scored, Math.min(ids.length, start + length + 1));
    if (start + length >= ids.length) break;
  }
  const known = logprobs.slice(1);
  const mean = known.reduce((sum, value) => sum + value, 0) / Math.max(1, known.length);
  return { ids: [...ids], logprobs, perplexity: known.length ? Math.exp(-mean) : Number.NaN };
}
