import type { TextToken } from './document.ts';

/** A piece of a text as one model cuts it, and the natural log of its probability; null where the model gives none. */
export type ReadPiece = Pick<TextToken, 'text' | 'logprob'>;

/** How two models read the tokens of the first that both give a probability. */
export interface Comparison {
  /** Difference in bits for each token of the first model: above 0 where the second expected it more; null where unknown. */
  bits: readonly (number | null)[];
  /** Tokens compared. */
  count: number;
  /** Mean surprise in bits per token of the first model. */
  first: number;
  second: number;
}

const known = (logprob: number | null | undefined): logprob is number =>
  logprob !== null && logprob !== undefined && !Number.isNaN(logprob);

/** Natural log of the probability of each UTF-16 unit: a piece shares its own evenly among its units. */
function perUnit(pieces: readonly ReadPiece[]): (number | null)[] {
  const units: (number | null)[] = [];
  let carried = 0;
  for (const { text, logprob } of pieces) {
    // A token that completes no character adds to the next one that does.
    if (text === '') {
      if (known(logprob)) carried += logprob;
      continue;
    }
    const share = known(logprob) ? (logprob + carried) / text.length : null;
    carried = 0;
    for (let i = 0; i < text.length; i++) units.push(share);
  }
  return units;
}

/**
 * What another model says of the pieces of a text, although it may cut the text elsewhere.
 * @param pieces the text as one model cuts it
 * @param read the same text as the other model cuts and reads it
 * @returns for each piece the sum over its characters; null where the other model gives none, and for empty pieces
 */
export function logprobsOver(pieces: readonly string[], read: readonly ReadPiece[]): (number | null)[] {
  const units = perUnit(read);
  let at = 0;
  return pieces.map((piece) => {
    const own = units.slice(at, at + piece.length);
    at += piece.length;
    if (own.length === 0 || own.length < piece.length) return null;
    return own.reduce<number | null>((sum, unit) => (sum === null || unit === null ? null : sum + unit), 0);
  });
}

/** Compares the first model's log-probabilities with the second's over the same tokens; null where there is nothing to compare. */
export function compare(
  tokens: readonly Pick<TextToken, 'logprob'>[],
  logprobs: readonly (number | null)[],
): Comparison | null {
  let count = 0;
  let first = 0;
  let second = 0;
  const bits = tokens.map(({ logprob }, i) => {
    const other = logprobs[i];
    if (!known(logprob) || !known(other)) return null;
    count += 1;
    first -= logprob / Math.LN2;
    second -= other / Math.LN2;
    return (other - logprob) / Math.LN2;
  });
  return count === 0 ? null : { bits, count, first: first / count, second: second / count };
}

/** Lower bounds in bits of the three strengths of a difference. */
const strengths = [0.5, 1.5, 3];

/** How strongly a token is marked: 1 to 3 where the second model expected it more, -1 to -3 where it expected it less. */
export function leadOf(bits: number | null | undefined): number {
  if (bits === null || bits === undefined) return 0;
  const strength = strengths.filter((bound) => Math.abs(bits) >= bound).length;
  return strength === 0 ? 0 : Math.sign(bits) * strength;
}
