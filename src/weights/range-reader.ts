import type { StoredChunks } from './chunks.ts';
import { detachBuffer } from './detach-buffer.ts';
import { collect, type RepositoryFile } from './repositories/repository.ts';

/** A stored chunk in memory, and how many reads are copying from it. */
interface HeldChunk {
  index: number;
  bytes: Promise<Uint8Array<ArrayBuffer> | undefined>;
  readers: number;
}

type Stored = StoredChunks & { covers(begin: number, end: number): boolean };

/** Copies out of stored chunks. The last one stays in memory: consecutive small ranges are often in the same chunk. */
class ChunkCopier {
  private last: HeldChunk | undefined;

  constructor(private readonly stored: Stored) {}

  /** Copies a part of a stored chunk; false where it is missing or damaged. */
  async copy(index: number, begin: number, end: number, to: Uint8Array): Promise<boolean> {
    const held = this.hold(index);
    if (!held) return false;
    held.readers += 1;
    try {
      const bytes = await held.bytes;
      if (bytes) to.set(bytes.subarray(begin, end));
      return bytes !== undefined;
    } finally {
      held.readers -= 1;
      void this.release(held);
    }
  }

  private hold(index: number): HeldChunk | undefined {
    if (!this.stored.has(index)) return undefined;
    const before = this.last;
    if (before?.index === index) return before;
    this.last = { index, bytes: this.stored.read(index), readers: 0 };
    if (before) void this.release(before);
    return this.last;
  }

  private async release(held: HeldChunk): Promise<void> {
    const bytes = await held.bytes.catch(() => undefined);
    if (bytes?.length && held !== this.last && held.readers === 0) detachBuffer(bytes);
  }
}

/** Reads any byte range of a file: from verified stored chunks where possible, else from the repository. */
export function rangeReader(
  source: RepositoryFile,
  stored: Stored | undefined,
  chunkBytes: number,
  head: Uint8Array<ArrayBuffer> | undefined,
): (begin: number, end: number) => Promise<Uint8Array<ArrayBuffer>> {
  const chunks = stored && new ChunkCopier(stored);
  return async (begin, end) => {
    if (head && end <= head.length) return head.slice(begin, end);
    if (begin === end) return new Uint8Array();
    if (!stored || !chunks) return collect(source.read(begin, end), end - begin);
    const part = new Uint8Array(end - begin);
    for (let at = begin; at < end; ) {
      const index = Math.floor(at / chunkBytes);
      const stop = Math.min(end, (index + 1) * chunkBytes);
      const first = index * chunkBytes;
      const to = part.subarray(at - begin);
      const copied = stored.covers(at, stop) && (await chunks.copy(index, at - first, stop - first, to));
      if (!copied) to.set(await collect(source.read(at, stop), stop - at));
      at = stop;
    }
    return part;
  };
}
