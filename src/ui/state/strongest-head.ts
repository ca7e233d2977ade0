import type { Inspection } from '../../engine/index.ts';

/**
 * The head that attends most to one token from the last of `size` tokens. The first token and the last itself do not
 * count: most heads rest there when they find nothing.
 */
export function strongestHead(
  attention: NonNullable<Inspection['attention']>,
  size: number,
): { layer: number; head: number } {
  let strongest = { layer: 0, head: 0 };
  let most = 0;
  for (const [layer, heads] of attention.entries())
    for (const [head, weights] of heads.entries()) {
      const found = Math.max(0, ...weights.subarray(size * (size - 1) + 1, size * size - 1));
      if (found > most) {
        most = found;
        strongest = { layer, head };
      }
    }
  return strongest;
}
