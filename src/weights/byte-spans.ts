/** The bytes [begin, end) of a file. */
export type ByteSpan = readonly [begin: number, end: number];

/** Spans this close together are read by one request: another request takes longer than the bytes between them. */
const nearby = 8 * 1024;

/** The spans in order, those that touch or almost touch joined. */
export function joinSpans(spans: readonly ByteSpan[]): ByteSpan[] {
  const joined: [number, number][] = [];
  for (const [begin, end] of spans.toSorted((a, b) => a[0] - b[0])) {
    const last = joined.at(-1);
    if (begin >= end) continue;
    if (last && begin - last[1] <= nearby) last[1] = Math.max(last[1], end);
    else joined.push([begin, end]);
  }
  return joined;
}

/** What of the spans lies in [begin, end). */
export function spansWithin(spans: readonly ByteSpan[], begin: number, end: number): ByteSpan[] {
  const within: ByteSpan[] = [];
  for (const [from, to] of spans) {
    if (from >= end) break;
    if (to > begin) within.push([Math.max(from, begin), Math.min(to, end)]);
  }
  return within;
}

export function spanBytes(spans: readonly ByteSpan[]): number {
  return spans.reduce((sum, [begin, end]) => sum + end - begin, 0);
}

/** Indexes of the chunks that hold bytes of the spans. */
export function chunksOfSpans(spans: readonly ByteSpan[], chunkBytes: number): Set<number> {
  const chunks = new Set<number>();
  for (const [begin, end] of spans)
    for (let index = Math.floor(begin / chunkBytes); index * chunkBytes < end; index++) chunks.add(index);
  return chunks;
}
