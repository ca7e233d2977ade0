import type { ResolvedSampling } from './types.ts';

/** Repetitions longer than the allowed length by more than this get no higher penalty. */
export const dryLengths = 64;
const mostPenalty = 1e30;

type DryOptions = Pick<ResolvedSampling, 'dryMultiplier' | 'dryBase' | 'dryAllowedLength' | 'dryBreakers'>;

/** Penalties by how many tokens a repetition is longer than the allowed length, as f32, [64]. */
export function dryPenalties({ dryMultiplier, dryBase }: DryOptions): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: dryLengths }, (_, over) =>
    Math.min(mostPenalty, dryMultiplier * dryBase ** over),
  );
}

/**
 * DRY: a token that followed an earlier occurrence of the latest tokens would extend a repetition. Its logit is lowered
 * by multiplier * base ^ (length - allowed length), where length is that of the longest such occurrence. Breakers end
 * an occurrence and are never penalised.
 */
export function penaliseDry(scores: Float32Array, ids: readonly number[], options: DryOptions): void {
  if (options.dryMultiplier === 0) return;
  const breakers = new Set(options.dryBreakers);
  const longest = new Map<number, number>();
  for (let at = 1; at < ids.length; at++) {
    const id = ids[at] as number;
    if (breakers.has(id)) continue;
    const length = repeatedBefore(ids, at, breakers, options.dryAllowedLength + dryLengths - 1);
    if (length > (longest.get(id) ?? 0)) longest.set(id, length);
  }
  const penalties = dryPenalties(options);
  for (const [id, length] of longest) {
    const over = length - options.dryAllowedLength;
    if (over >= 0 && id < scores.length)
      scores[id] = Math.fround((scores[id] as number) - (penalties[over] as number));
  }
}

/** How many tokens before `at` are also the last ones of `ids`. */
function repeatedBefore(
  ids: readonly number[],
  at: number,
  breakers: ReadonlySet<number>,
  most: number,
): number {
  let length = 0;
  while (length < at && length < most) {
    const id = ids[ids.length - 1 - length] as number;
    if (ids[at - 1 - length] !== id || breakers.has(id)) break;
    length++;
  }
  return length;
}
