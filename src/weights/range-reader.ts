import type { StoredChunks } from './chunks.ts';
import { collect, type RepositoryFile } from './repositories/repository.ts';

/** Reads any byte range of a file: from verified stored chunks where possible, else from the repository. */
export function rangeReader(
  source: RepositoryFile,
  stored: StoredChunks | undefined,
  chunkBytes: number,
  head: Uint8Array<ArrayBuffer> | undefined,
): (begin: number, end: number) => Promise<Uint8Array<ArrayBuffer>> {
  let last: { index: number; bytes: Promise<Uint8Array<ArrayBuffer> | undefined> } | undefined;
  const chunk = (index: number) => {
    if (!stored?.has(index)) return undefined;
    // Consecutive small ranges are often in the same chunk.
    if (last?.index !== index) last = { index, bytes: stored.read(index) };
    return last.bytes;
  };
  return async (begin, end) => {
    if (head && end <= head.length) return head.slice(begin, end);
    const part = new Uint8Array(end - begin);
    for (let at = begin; at < end; ) {
      const index = Math.floor(at / chunkBytes);
      const stop = Math.min(end, (index + 1) * chunkBytes);
      const bytes = await chunk(index);
      if (bytes) part.set(bytes.subarray(at - index * chunkBytes, stop - index * chunkBytes), at - begin);
      else if (stored) part.set(await collect(source.read(at, stop), stop - at), at - begin);
      else {
        part.set(await collect(source.read(at, end), end - at), at - begin);
        return part;
      }
      at = stop;
    }
    return part;
  };
}
