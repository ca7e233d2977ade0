import type { BufferPool } from '../buffer-pool.ts';
import type { StoredChunks } from '../chunks.ts';
import type { StoredFile } from './cache.ts';
import { chunkLength } from './store.ts';
import type { StoreThread } from './store-thread.ts';

/**
 * The chunks of a finished file as the worker of a load reads them. Until it has started, and from the first chunk that
 * it cannot read, this thread reads them itself.
 */
export class WorkerChunks implements StoredChunks {
  readonly #stored: StoredFile;
  readonly #model: string;
  readonly #pool: BufferPool;
  #thread: StoreThread | undefined;

  constructor(
    stored: StoredFile,
    model: string,
    pool: BufferPool,
    starting: Promise<StoreThread | undefined>,
  ) {
    this.#stored = stored;
    this.#model = model;
    this.#pool = pool;
    void starting.then((thread) => {
      if (thread?.writes) this.#thread = thread;
    });
  }

  has(index: number): boolean {
    return this.#stored.has(index);
  }

  async read(index: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const expected = this.#stored.expected(index);
    const read = expected && (await this.#readInWorker(index, expected));
    if (read) return read;
    return this.#stored.read(index);
  }

  async #readInWorker(
    index: number,
    expected: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const { record } = this.#stored;
    const bytes = this.#thread && this.#pool.take(chunkLength(record, index));
    if (!bytes) return undefined;
    const place = { model: this.#model, path: record.path, at: index * record.chunkBytes, bytes, expected };
    const read = await this.#thread?.call('read', place, [bytes.buffer]).catch(() => undefined);
    if (!read) this.#thread = undefined;
    return read;
  }

  /** Closes the file in the worker. */
  async end(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.call('endReading', undefined).catch(() => undefined);
  }
}
