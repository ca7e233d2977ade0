import type { Range } from './syntax.ts';

/** Ranges of bytes, one after the other. */
export type ByteSequence = readonly Range[];

/** The last code point of each length in UTF-8. */
const lengths = [0x7f, 0x7ff, 0xffff, 0x10ffff];
const leads = [0, 0xc0, 0xe0, 0xf0];

/** The UTF-8 of a range of code points, as sequences of ranges of bytes. */
export function utf8Sequences([first, last]: Range): ByteSequence[] {
  const found: ByteSequence[] = [];
  let from = first;
  for (const [index, end] of lengths.entries()) {
    if (from > end || from > last) continue;
    found.push(...sameLength(from, Math.min(last, end), index + 1));
    from = end + 1;
  }
  return found;
}

/** A range whose code points all have so many bytes, split until every byte but the first ranges alone. */
function sameLength(first: number, last: number, bytes: number): ByteSequence[] {
  for (let tail = 1; tail < bytes; tail++) {
    const size = 64 ** tail;
    if (Math.floor(first / size) === Math.floor(last / size)) continue;
    if (first % size !== 0) {
      const end = first - (first % size) + size - 1;
      return [...sameLength(first, end, bytes), ...sameLength(end + 1, last, bytes)];
    }
    if (last % size !== size - 1) {
      const end = last - (last % size) - 1;
      return [...sameLength(first, end, bytes), ...sameLength(end + 1, last, bytes)];
    }
  }
  const [low, high] = [encode(first, bytes), encode(last, bytes)];
  return [low.map((byte, index): Range => [byte, high[index] as number])];
}

function encode(code: number, bytes: number): number[] {
  if (bytes === 1) return [code];
  const lead = (leads[bytes - 1] as number) + Math.floor(code / 64 ** (bytes - 1));
  const rest = Array.from({ length: bytes - 1 }, (_, index) => {
    return 0x80 + (Math.floor(code / 64 ** (bytes - 2 - index)) % 64);
  });
  return [lead, ...rest];
}
