/** Lengths of the n-grams that are looked up, longest first. */
const longestMatch = 3;
const shortestMatch = 2;

/**
 * Prompt lookup: finds the latest earlier occurrence of the last few ids and copies what followed it. The copy may run
 * into itself, so that a text in a loop is drafted to stay in it.
 *
 * @returns `count` ids, or none when the last ids did not occur before
 */
export function lookUpPrompt(ids: readonly number[], count: number): number[] {
  for (let length = Math.min(longestMatch, ids.length - 1); length >= shortestMatch; length--) {
    const next = latestAfter(ids, length);
    if (next === undefined) continue;
    const all = [...ids];
    for (let i = 0; i < count; i++) all.push(all[next + i] as number);
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
