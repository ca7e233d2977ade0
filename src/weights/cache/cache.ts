import { spanBytes, spansWithin } from '../byte-spans.ts';
import type { Chunk, StoredChunks } from '../chunks.ts';
import { digestOf, sameBytes } from './digest.ts';
import { chunkLength, type Manifest, ModelStore, modelKey, type StoredFileRecord } from './store.ts';

/**
 * The storage as one load sees it. It never fails: where storage is denied, full or broken it says so once
 * with a notice, and the load runs from memory.
 */
export class Cache {
  #store: ModelStore | undefined;
  readonly #notice: (text: string) => void;

  /** Opens the storage, or none at all when `wanted` is false. */
  static async open(wanted: boolean, notice: (text: string) => void): Promise<Cache> {
    const cache = new Cache(notice);
    if (!wanted) return cache;
    try {
      // Outside browsers there is nothing to store in, and nobody expects it. Where storage is denied, this throws.
      if (typeof indexedDB === 'undefined') return cache;
      cache.#store = await ModelStore.open();
    } catch (error) {
      cache.#fail(error);
    }
    return cache;
  }

  private constructor(notice: (text: string) => void) {
    this.#notice = notice;
  }

  get works(): boolean {
    return this.#store !== undefined;
  }

  /** The task's result, or undefined when the storage does not work. */
  async try<T>(task: (store: ModelStore) => Promise<T>): Promise<T | undefined> {
    const store = this.#store;
    if (!store) return undefined;
    try {
      return await task(store);
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  /** Leaves no part of a model behind that could not be stored whole. */
  async abandon(model: string): Promise<void> {
    const store = await ModelStore.open().catch(() => undefined);
    await store?.dropModel(model).catch(() => undefined);
  }

  /** The chunks of a file that are currently stored. */
  async file(model: string, record: StoredFileRecord): Promise<StoredFile> {
    const digests = await this.try((store) => store.digests(model, record.path));
    return new StoredFile(this, model, record, digests ?? new Map());
  }

  #fail(error: unknown): void {
    if (!this.#store && this.#failed) return;
    this.#store = undefined;
    this.#failed = true;
    const full = error instanceof Error && error.name === 'QuotaExceededError';
    const why = full ? 'the storage of this site is full' : 'this page may not store data here';
    this.#notice(`Running from memory: ${why}. The next visit will download the model again.`);
  }
  #failed = false;
}

/** The chunks of one file in the storage. A chunk counts only when its digest is recorded and fits. */
export class StoredFile implements StoredChunks {
  readonly record: StoredFileRecord;
  readonly #cache: Cache;
  readonly #model: string;
  readonly #digests: Map<number, Uint8Array<ArrayBuffer>>;

  constructor(
    cache: Cache,
    model: string,
    record: StoredFileRecord,
    digests: Map<number, Uint8Array<ArrayBuffer>>,
  ) {
    this.#cache = cache;
    this.#model = model;
    this.record = record;
    this.#digests = digests;
  }

  /** True when the whole file was verified, so chunk digests suffice and the file need not be hashed again. */
  get verified(): boolean {
    const { complete, chunks, bytes, chunkBytes } = this.record;
    return complete && this.#digests.size === (chunks ?? Math.ceil(bytes / chunkBytes));
  }

  /** Whether stored chunks hold these bytes as the file does. */
  covers(begin: number, end: number): boolean {
    const { spans } = this.record;
    return !spans || spanBytes(spansWithin(spans, begin, end)) === end - begin;
  }

  has(index: number): boolean {
    return this.#digests.has(index) && this.#cache.works;
  }

  async read(index: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const expected = this.#digests.get(index);
    const bytes = await this.#cache.try((store) => store.chunk(this.#model, this.record, index));
    if (!expected || !(bytes instanceof Uint8Array) || bytes.length !== chunkLength(this.record, index))
      return undefined;
    return sameBytes(await digestOf(bytes), expected) ? bytes : undefined;
  }

  /** The digest that a chunk from another source must have: known of a verified file. */
  expected(index: number): Uint8Array<ArrayBuffer> | undefined {
    return this.verified ? this.#digests.get(index) : undefined;
  }

  /** Stores a chunk from another source in the database. Returns false when it is not the one expected. */
  async write({ index, bytes }: Chunk): Promise<boolean> {
    const digest = await digestOf(bytes);
    const expected = this.expected(index);
    if (expected && !sameBytes(expected, digest)) return false;
    await this.#cache.try((store) => store.putChunk(this.#model, this.record.path, index, bytes, digest));
    return true;
  }

  /** As {@link write}, of a chunk that goes into the file: `writing` resolves to its digest once it is there. */
  async writeToFile(index: number, writing: Promise<Uint8Array<ArrayBuffer> | undefined>): Promise<boolean> {
    let same = true;
    await this.#cache.try(async (store) => {
      const digest = await writing;
      const expected = this.expected(index);
      if (digest && expected) same = sameBytes(expected, digest);
      else if (digest) await store.putDigest(this.#model, this.record.path, index, digest);
    });
    return same;
  }
}

/** The stored manifest of a model, or a new one. */
export function manifestFor(
  stored: Manifest | undefined,
  model: { id: string; revision: string; scope: string; ref?: string },
  files: StoredFileRecord[],
): Manifest {
  const known = new Map(stored?.files.map((file) => [file.path, file]));
  return {
    version: 1,
    ...model,
    complete: false,
    storedAt: Date.now(),
    files: files.map((file) => {
      const old = known.get(file.path);
      return old && old.bytes === file.bytes
        ? { ...old, sha256: file.sha256 ?? old.sha256, spans: file.spans }
        : file;
    }),
  };
}

export { modelKey };
