/** Texts, as a tree. Nothing changes a tree, so that parts may occur in several places. */
export type Syntax =
  | { type: 'set'; ranges: readonly Range[] }
  | { type: 'sequence'; parts: readonly Syntax[] }
  | { type: 'choice'; parts: readonly Syntax[] }
  | { type: 'repeat'; part: Syntax; min: number; max: number };

/** Code points, first and last. */
export type Range = readonly [number, number];

const lastCodePoint = 0x10ffff;

/** Code points of characters: all but the surrogates. */
export const everything: readonly Range[] = [
  [0, 0xd7ff],
  [0xe000, lastCodePoint],
];

export const set = (...ranges: readonly Range[]): Syntax => ({ type: 'set', ranges });
export const sequence = (...parts: readonly Syntax[]): Syntax => ({ type: 'sequence', parts });
export const choice = (...parts: readonly Syntax[]): Syntax => ({ type: 'choice', parts });
export const repeat = (part: Syntax, min: number, max = Number.POSITIVE_INFINITY): Syntax => ({
  type: 'repeat',
  part,
  min,
  max,
});
export const optional = (part: Syntax): Syntax => repeat(part, 0, 1);
export const empty = sequence();

/** Exactly this text. */
export function literal(text: string): Syntax {
  return sequence(
    ...[...text].map((character) => {
      const code = character.codePointAt(0) as number;
      return set([code, code]);
    }),
  );
}

/** The ranges in order, with neighbours joined. */
export function normalise(ranges: readonly Range[]): Range[] {
  const joined: [number, number][] = [];
  for (const [first, last] of [...ranges].sort((left, right) => left[0] - right[0])) {
    const before = joined.at(-1);
    if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else joined.push([first, last]);
  }
  return joined;
}

/** Code points of `from` that are in none of `without`. */
export function subtract(from: readonly Range[], without: readonly Range[]): Range[] {
  let left: Range[] = [...from];
  for (const [first, last] of without)
    left = left.flatMap(([start, end]): Range[] => [
      ...(start < first ? ([[start, Math.min(end, first - 1)]] as Range[]) : []),
      ...(end > last ? ([[Math.max(start, last + 1), end]] as Range[]) : []),
    ]);
  return left;
}
