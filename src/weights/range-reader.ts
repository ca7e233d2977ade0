import type { StoredChunks } from './chunks.ts';
import { detachBuffer } from './detach-buffer.ts';
import { collect, type RepositoryFile } from './repositories/repository.ts';

/** A stored chunk in memory, and how many reads are copying from it. */
interface HeldChunk {
  index: number;
  bytes: Promise<Uint8Array<ArrayBuffer> | undefined>;
  readers: number;
}

/** Reads any byte range of a file: from verified stored chunks where possible, else from the repository. */
export function rangeReader(
  source: RepositoryFile,
  stored: (StoredChunks & { covers(begin: number, end: number): boolean }) | undefined,
  chunkBytes: number,
  head: Uint8Array<ArrayBuffer> | undefined,
): (begin: number, end: number) => Promise<Uint8Array<ArrayBuffer>> {
  // Consecutive small ranges are often in the same chunk.
  let last: HeldChunk | undefined;
  const release = async (held: HeldChunk) => {
    const bytes = await held.bytes.catch(() => undefined);
    if (bytes?.length && held !== last && held.readers === 0) detachBuffer(bytes);
  };
  const hold = (index: number): HeldChunk | undefined => {
    if (!stored?.has(index)) return undefined;
    const before = last;
    if (before?.index === index) return before;
    last = { index, bytes: stored.read(index), readers: 0 };
    if (before) void release(before);
    return last;
  };
  /** Copies a part of a stored chunk; false where it is missing or damaged. */
  const copy = async (index: number, begin: number, end: number, to: Uint8Array): Promise<boolean> => {
    const held = hold(index);
    if (!held) return false;
    held.readers += 1;
    try {
      const bytes = await held.bytes;
      if (bytes) to.set(bytes.subarray(begin, end));
      return bytes !== undefined;
    } finally {
      held.readers -= 1;
      void release(held);
    }
  };
  return async (begin, end) => {
    if (head && end <= head.length) return head.slice(begin, end);
    const part = new Uint8Array(end - begin);
    for (let at = begin; at < end; ) {
      const index = Math.floor(at / chunkBytes);
      const stop = Math.min(end, (index + 1) * chunkBytes);
      const first = index * chunkBytes;
      const held = stored?.covers(at, stop) ?? false;
      if (held && (await copy(index, at - first, stop - first, part.subarray(at - begin)))) {
        at = stop;
        continue;
      }
      if (stored) part.set(await collect(source.read(at, stop), stop - at), at - begin);
      else {
        part.set(await collect(source.read(at, end), end - at), at - begin);
        return part;
      }
      at = stop;
    }
    return part;
  };
}
