import { defined } from '../lib/index.ts';
import type { BufferPool } from './buffer-pool.ts';
import { type ByteSpan, chunksOfSpans, spansWithin } from './byte-spans.ts';
import type { RepositoryFile } from './repositories/repository.ts';
import type { TransportOptions } from './types.ts';

/** A piece of a file: chunk `index` begins at `index * chunkBytes`; only the last may be shorter. */
export interface Chunk {
  index: number;
  bytes: Uint8Array<ArrayBuffer>;
  fromCache: boolean;
}

/** Access to the stored chunks of a file. */
export interface StoredChunks {
  has(index: number): boolean;
  /** The chunk, or undefined when it is missing or its digest does not match. */
  read(index: number): Promise<Uint8Array<ArrayBuffer> | undefined>;
}

export interface ChunkOptions {
  file: RepositoryFile;
  settings: TransportOptions;
  stored?: StoredChunks;
  /** Where the arrays of chunks come from. */
  pool: BufferPool;
  /** The file's first bytes, when they came with its header. */
  prefix?: Uint8Array<ArrayBuffer>;
  /** The bytes to read, in order; default all. Elsewhere the chunks hold zeros, and chunks without any are left out. */
  spans?: readonly ByteSpan[];
  /** Called as bytes arrive from the network, so progress moves within a chunk on a slow connection. */
  onArrival?(bytes: number): void;
}

interface Slot {
  promise: Promise<Chunk>;
  resolve(chunk: Chunk): void;
  reject(error: unknown): void;
}

/**
 * Chunks of one request. Many short ranges take three times as long on a fast line; of a longer answer that waits for its
 * reader, Chromium keeps up to 64 MiB in the page's heap.
 */
const longestRequest = 8;

/**
 * All chunks of a file in order: stored ones from the storage, the others by long requests, one after the other.
 * At most `aheadChunks` chunks are in memory; when the consumer is slow, the requests wait.
 */
export async function* chunksInOrder(options: ChunkOptions): AsyncGenerator<Chunk> {
  const reader = new ChunkReader(options);
  try {
    for (let index = 0; index < reader.count; index++)
      if (reader.needs(index)) yield await reader.take(index);
  } finally {
    reader.stop();
  }
}

class ChunkReader {
  readonly count: number;
  readonly #options: ChunkOptions;
  readonly #window: number;
  readonly #spans: readonly ByteSpan[];
  readonly #only: ReadonlySet<number> | undefined;
  readonly #control = new AbortController();
  readonly #slots = new Map<number, Slot>();
  #current = 0;
  #started = 0;
  #waiting: (() => void)[] = [];

  constructor(options: ChunkOptions) {
    const { chunkBytes, aheadChunks } = options.settings;
    this.#options = options;
    this.#window = aheadChunks;
    this.#spans = options.spans ?? [[0, options.file.bytes]];
    this.#only = options.spans && chunksOfSpans(options.spans, chunkBytes);
    this.count = Math.ceil(options.file.bytes / chunkBytes);
  }

  needs(index: number): boolean {
    return this.#only?.has(index) ?? true;
  }

  async take(index: number): Promise<Chunk> {
    this.#current = index;
    for (const wake of this.#waiting.splice(0)) wake();
    this.#startAhead();
    const slot = this.#slots.get(index);
    const chunk = await defined(slot, `chunk ${index}`).promise;
    this.#slots.delete(index);
    return chunk;
  }

  stop(): void {
    this.#control.abort();
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #startAhead(): void {
    const { stored, file } = this.#options;
    while (this.#started < this.count && this.#started < this.#current + this.#window) {
      const first = this.#started;
      if (!this.needs(first)) {
        this.#started += 1;
        continue;
      }
      if (stored?.has(first)) {
        this.#started += 1;
        const slot = this.#slot(first);
        this.#readStored(first).then(slot.resolve, slot.reject);
        continue;
      }
      let end = first + 1;
      const most = Math.min(this.count, first + longestRequest);
      while (end < most && this.needs(end) && !stored?.has(end)) end += 1;
      // A server without ranges reads the file from its beginning for every request.
      if (file.sequential) end = this.count;
      this.#started = end;
      void this.#fetchSpan(first, end);
      if (file.sequential) return;
    }
  }

  async #readStored(index: number): Promise<Chunk> {
    const bytes = await this.#options.stored?.read(index);
    if (bytes && bytes.length === this.#length(index)) return { index, bytes, fromCache: true };
    const arrived: Chunk[] = [];
    await this.#fill(index, index + 1, (chunk) => arrived.push(chunk));
    return defined(arrived[0], `chunk ${index}`);
  }

  async #fetchSpan(first: number, end: number): Promise<void> {
    const slots = new Map<number, Slot>();
    for (let index = first; index < end; index++) if (this.needs(index)) slots.set(index, this.#slot(index));
    try {
      await this.#fill(first, end, (chunk) => slots.get(chunk.index)?.resolve(chunk));
    } catch (error) {
      for (const slot of slots.values()) slot.reject(error);
    }
  }

  /** Reads what is wanted of the chunks [first, end). */
  async #fill(first: number, end: number, give: (chunk: Chunk) => void): Promise<void> {
    const { chunkBytes } = this.#options.settings;
    const spans = spansWithin(this.#spans, first * chunkBytes, end * chunkBytes);
    let chunk: Chunk | undefined;
    for await (const { at, piece } of this.#pieces(spans))
      for (const [begin, stop] of spansWithin(spans, at, at + piece.length))
        for (let from = begin; from < stop; ) {
          const index = Math.floor(from / chunkBytes);
          if (!chunk) {
            await this.#room(index);
            chunk = { index, bytes: this.#array(index), fromCache: false };
          }
          const to = Math.min(stop, (index + 1) * chunkBytes);
          chunk.bytes.set(piece.subarray(from - at, to - at), from - index * chunkBytes);
          this.#options.onArrival?.(to - from);
          from = to;
          if (to < this.#endOfWanted(index)) continue;
          give(chunk);
          chunk = undefined;
        }
  }

  /** Where the last wanted byte of a chunk ends in the file. */
  #endOfWanted(index: number): number {
    const begin = index * this.#options.settings.chunkBytes;
    const last = spansWithin(this.#spans, begin, begin + this.#length(index)).at(-1);
    return last?.[1] ?? begin;
  }

  /** The bytes of the spans, by a request each; of a server without ranges by one, with what lies between them. */
  async *#pieces(spans: readonly ByteSpan[]): AsyncGenerator<{ at: number; piece: Uint8Array }> {
    const last = spans.at(-1)?.[1] ?? 0;
    let at = 0;
    for (const [begin, end] of spans) {
      if (begin < at) continue;
      at = begin;
      for await (const piece of this.#bytes(begin, this.#options.file.sequential ? last : end)) {
        yield { at, piece };
        at += piece.length;
      }
    }
  }

  async *#bytes(begin: number, end: number): AsyncGenerator<Uint8Array> {
    const prefix = this.#options.prefix;
    const known = Math.min(end, prefix?.length ?? 0);
    if (prefix && begin < known) yield prefix.subarray(begin, known);
    const from = Math.max(begin, known);
    if (from < end) yield* this.#options.file.read(from, end, this.#control.signal);
  }

  /** Waits until the consumer is near enough for chunk `index` to be kept in memory. */
  async #room(index: number): Promise<void> {
    while (index >= this.#current + this.#window && !this.#control.signal.aborted)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #array(index: number): Uint8Array<ArrayBuffer> {
    const { spans, pool } = this.#options;
    // What lies between the spans must be zeros.
    return spans ? new Uint8Array(this.#length(index)) : pool.take(this.#length(index));
  }

  #length(index: number): number {
    const { chunkBytes } = this.#options.settings;
    return Math.min(chunkBytes, this.#options.file.bytes - index * chunkBytes);
  }

  #slot(index: number): Slot {
    const slot: Partial<Slot> = {};
    slot.promise = new Promise<Chunk>((resolve, reject) => Object.assign(slot, { resolve, reject }));
    // An unconsumed chunk must not cause an unhandled rejection.
    slot.promise.catch(() => undefined);
    this.#slots.set(index, slot as Slot);
    return slot as Slot;
  }
}
