import { likeliest } from './likeliest.ts';

export interface OddsRow {
  id: number;
  /** Probabilities, 0 to 1. */
  before: number;
  after: number;
}

function logNormal(logits: Float32Array): number {
  let top = Number.NEGATIVE_INFINITY;
  for (const logit of logits) if (logit > top) top = logit;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - top);
  return top + Math.log(sum);
}

/** The tokens that are likeliest in either of two rows of logits [V], by the higher of their two probabilities. */
export function oddsRows(
  before: Float32Array,
  after: Float32Array,
  { count, padded }: { count: number; padded: number },
): OddsRow[] {
  // Rows of padding are no tokens.
  const [first, second] = [before, after].map((logits) => logits.subarray(0, logits.length - padded));
  if (!first || !second) return [];
  const ids = new Set([...likeliest(first, count), ...likeliest(second, count)].map(({ id }) => id));
  const [firstNormal, secondNormal] = [logNormal(first), logNormal(second)];
  return [...ids]
    .map((id) => ({
      id,
      before: Math.exp((first[id] as number) - firstNormal),
      after: Math.exp((second[id] as number) - secondNormal),
    }))
    .sort((a, b) => Math.max(b.before, b.after) - Math.max(a.before, a.after))
    .slice(0, count);
}
