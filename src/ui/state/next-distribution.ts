import { distributionSteps, resolveSampling, type StepName } from '../../sampling/index.ts';
import { likeliest } from './likeliest.ts';
import { generateOptions, type Settings } from './settings.ts';

export interface NextRow {
  id: number;
  /** As the model has it. */
  before: number;
  /** After all cuts; 0 when the token was cut. */
  after: number;
}

export interface NextDistribution {
  rows: NextRow[];
  /** How many tokens each step leaves, in order. */
  steps: { step: StepName; kept: number }[];
  /** Probabilities by rank, before and after, at a few dozen ranks spaced evenly on a log scale. */
  curve: { rank: number; before: number; after: number }[];
  vocabulary: number;
}

function ranksOf(size: number, points: number): number[] {
  const ranks = new Set<number>();
  for (let i = 0; i < points; i++) ranks.add(Math.round(size ** (i / (points - 1))));
  return [...ranks];
}

const ranked = new WeakMap<Float32Array, Float64Array>();

/** All probabilities from the highest on. What the model says stays while the settings change: it is sorted once. */
function descending(probabilities: Float64Array, logits: Float32Array): Float64Array {
  const known = ranked.get(logits);
  if (known) return known;
  const sorted = Float64Array.from(probabilities).sort().reverse();
  ranked.set(logits, sorted);
  return sorted;
}

/**
 * What the settings do to the next token, for looking at. Takes the logits [V] after `ids`; the rows are the `count`
 * likeliest tokens and, where it is not among them, the token `also`.
 */
export function nextDistribution(
  next: { logits: Float32Array; ids: readonly number[] },
  settings: Settings,
  count: number,
  also?: number,
): NextDistribution {
  const { seed: _seed, ...sampling } = generateOptions(settings, 0);
  const context = { ids: next.ids, promptLength: next.ids.length };
  const steps = distributionSteps(next.logits, context, resolveSampling(sampling));
  const before = steps[0]?.probabilities ?? new Float64Array();
  const after = steps.at(-1)?.probabilities ?? new Float64Array();
  const ids = likeliest(next.logits, count).map(({ id }) => id);
  if (also !== undefined && !ids.includes(also)) ids.splice(-1, 1, also);
  const rows = ids.map((id) => ({ id, before: before[id] ?? 0, after: after[id] ?? 0 }));
  const beforeRanked = descending(before, next.logits);
  const afterRanked = after
    .filter((probability) => probability > 0)
    .sort()
    .reverse();
  const curve = ranksOf(before.length, 64).map((rank) => {
    return { rank, before: beforeRanked[rank - 1] ?? 0, after: afterRanked[rank - 1] ?? 0 };
  });
  return {
    rows,
    steps: steps.map(({ step, kept }) => ({ step, kept })),
    curve,
    vocabulary: before.length,
  };
}
