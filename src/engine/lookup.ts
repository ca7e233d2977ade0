/** Tokens that must have occurred before, side by side, for what followed them to be a guess: tried from most to least. */
const longestMatch = 3;
const shortestMatch = 2;

/**
 * What may come next, judged by what came last time: finds the latest earlier place of the last few ids and copies what
 * followed there, on into the copy itself, so that a text which repeats itself is guessed to go on doing so.
 *
 * @returns `most` ids, or none when the last ids are new
 */
export function lookUp(ids: readonly number[], most: number): number[] {
  for (let length = Math.min(longestMatch, ids.length - 1); length >= shortestMatch; length--) {
    const next = latestAfter(ids, length);
    if (next === undefined) continue;
    const all = [...ids];
    for (let i = 0; i < most; i++) all.push(all[next + i] as number);
    return all.slice(ids.length);
  }
  return [];
}

/** Index after the latest earlier occurrence of the last `length` ids. */
function latestAfter(ids: readonly number[], length: number): number | undefined {
  const tail = ids.length - length;
  for (let start = tail - 1; start >= 0; start--) {
    let same = 0;
    while (same < length && ids[start + same] === ids[tail + same]) same++;
    if (same === length) return start + length;
  }
  return undefined;
}
