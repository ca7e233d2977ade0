import type { StreamDecoder } from './types.ts';

/** What a token becomes in a text. */
export interface Pieces {
  /** The bytes of a token amid others; undefined for an id that no token has. */
  bytes(id: number): Uint8Array | undefined;
  /** Bytes to leave out at the start of a text that begins with this token: a space that only separates words. */
  leading?(id: number): number;
  /** Bytes to leave out at the end of a text that ends with this token. */
  trailing?(id: number): number;
}

const nothing = new Uint8Array(0);

/** One decoder for whole texts and for streams: no byte order mark eaten, nothing thrown. */
export function createTextDecoder(): TextDecoder {
  return new TextDecoder('utf-8', { ignoreBOM: true });
}

/**
 * Decodes tokens that come one by one. A token may end amid a character: its bytes wait for the next; so do bytes that
 * are left out at the end of a text. After `end` the decoder is as new.
 *
 * @param begun whether tokens came before, so that the first of these is not the first of its text
 */
export function createStreamDecoder(pieces: Pieces, begun = false): StreamDecoder {
  const decoder = createTextDecoder();
  let started = begun;
  let waiting = nothing;
  return {
    push(id) {
      const all = pieces.bytes(id);
      if (!all) return '';
      const start = started ? 0 : (pieces.leading?.(id) ?? 0);
      const end = Math.max(start, all.length - (pieces.trailing?.(id) ?? 0));
      started = true;
      const before = waiting.length > 0 ? decoder.decode(waiting, { stream: true }) : '';
      waiting = all.slice(end);
      return before + decoder.decode(all.subarray(start, end), { stream: true });
    },
    end() {
      started = begun;
      waiting = nothing;
      return decoder.decode();
    },
  };
}

/** The text of a list of ids: their bytes joined, then decoded at once. */
export function decodeAll(pieces: Pieces, ids: readonly number[]): string {
  const known = ids.filter((id) => pieces.bytes(id) !== undefined);
  const parts = known.map((id) => pieces.bytes(id) ?? nothing);
  const [first, last] = [known[0], known.at(-1)];
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  const start = first === undefined ? 0 : (pieces.leading?.(first) ?? 0);
  const cut = last === undefined ? 0 : (pieces.trailing?.(last) ?? 0);
  return createTextDecoder().decode(joined.subarray(start, Math.max(start, length - cut)));
}

/** The parts of a {@link Tokenizer} that make text of ids. */
export function decoding(pieces: Pieces) {
  return {
    decode: (ids: readonly number[]) => decodeAll(pieces, ids),
    bytes: (id: number) => pieces.bytes(id) ?? nothing,
    text: (id: number) => createTextDecoder().decode(pieces.bytes(id) ?? nothing),
    stream: (before: readonly number[] = []) => createStreamDecoder(pieces, before.length > 0),
  };
}
