import { VitrineError } from '../lib/index.ts';
import type { BufferPool } from './buffer-pool.ts';
import type { StoredFile } from './cache/cache.ts';
import { toHex } from './cache/digest.ts';
import type { Sha256 } from './cache/sha256.ts';
import { modelKey } from './cache/store.ts';
import type { StoreThread } from './cache/store-thread.ts';
import type { Chunk } from './chunks.ts';
import type { LoadContext, StreamContext } from './load-context.ts';

/** What becomes of the chunks of a file once the sink has used them: they are hashed and stored. */
export interface ChunkKeeper {
  /** Takes a chunk over: its array is empty afterwards. Calls are in the order of the chunks. */
  keep(chunk: Chunk): Promise<void>;
  /** Ends the file: the SHA-256 of all its chunks in hexadecimal, if it was to be hashed. */
  end(): Promise<string | undefined>;
}

export interface KeptFile {
  path: string;
  bytes: number;
  /** Undefined when nothing of it is stored. */
  stored: StoredFile | undefined;
  hashed: boolean;
  /** Where the arrays of chunks go. */
  pool: BufferPool;
}

/** Files of this many chunks are hashed and stored by a worker; for a small one it is not worth its start. */
const leastChunks = 8;

/** Whether a worker is worth its start for a file. */
export function isLong(bytes: number, chunkBytes: number): boolean {
  return bytes > (leastChunks - 1) * chunkBytes;
}

export async function keeperOf(context: StreamContext, file: KeptFile): Promise<ChunkKeeper> {
  const { stored, hashed, bytes } = file;
  const stores = stored !== undefined && context.cache.works;
  if (stores && stored.record.inFile && !hashed) return new WorkerKeeper(context, file);
  const inWorker = stores ? stored.record.inFile : isLong(bytes, context.settings.chunkBytes);
  if (hashed && inWorker && (await context.thread())) return new WorkerKeeper(context, file);
  const hash = hashed ? import('./cache/hash.ts').then(({ startHash }) => startHash()) : undefined;
  // Awaited with the first chunk; until then a rejection must not count as unhandled.
  hash?.catch(() => undefined);
  return new OwnThreadKeeper(context, file, hash);
}

/** Stores in the database, and hashes in this thread. */
class OwnThreadKeeper implements ChunkKeeper {
  readonly #context: LoadContext;
  readonly #file: KeptFile;
  readonly #hash: Promise<Sha256> | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(context: LoadContext, file: KeptFile, hash: Promise<Sha256> | undefined) {
    this.#context = context;
    this.#file = file;
    this.#hash = hash;
  }

  keep(chunk: Chunk): Promise<void> {
    const { bytes } = chunk;
    this.#last = Promise.all([this.#hash, this.#last, this.#store(chunk)]).then(([hash]) => {
      hash?.update(bytes);
      this.#file.pool.give(bytes);
    });
    return this.#last;
  }

  async end(): Promise<string | undefined> {
    const hash = await this.#hash;
    return hash && toHex(hash.digest());
  }

  async #store(chunk: Chunk): Promise<void> {
    const { stored } = this.#file;
    // Only a worker writes into files.
    if (chunk.fromCache || !stored || stored.record.inFile || !this.#context.cache.works) return;
    if (!(await stored.write(chunk))) throw damaged(this.#context, this.#file.path);
  }
}

/** Hands the chunks to the worker, which hashes them and writes them into a file. */
class WorkerKeeper implements ChunkKeeper {
  readonly #context: StreamContext;
  readonly #file: KeptFile;
  readonly #chunkBytes: number;
  #beginning: Promise<StoreThread | undefined> | undefined;

  constructor(context: StreamContext, file: KeptFile) {
    this.#context = context;
    this.#file = file;
    this.#chunkBytes = file.stored?.record.chunkBytes ?? context.settings.chunkBytes;
  }

  async keep({ index, bytes, fromCache }: Chunk): Promise<void> {
    const { stored, hashed, path, pool } = this.#file;
    const store = !fromCache && stored !== undefined && this.#context.cache.works;
    // Of a verified file there is work only where a part was damaged.
    const thread = hashed || store ? await this.#begun() : undefined;
    if (!thread) return pool.give(bytes);
    const expected = stored?.expected(index);
    const chunk = { bytes, at: index * this.#chunkBytes, store, expected };
    const taking = thread.call('take', chunk, [bytes.buffer]);
    if (store) {
      const digest = taking.then((taken) => taken.digest);
      digest.catch(() => undefined);
      if (!(await stored.writeToFile(index, digest))) throw damaged(this.#context, path);
    }
    // A chunk that could not be stored was hashed all the same; the worker's end is an error where it must hash.
    const taken = await taking.catch(store ? () => undefined : ended);
    if (taken) pool.give(taken.bytes);
  }

  async end(): Promise<string | undefined> {
    const thread = await this.#beginning;
    return thread?.call('end', undefined).catch(ended);
  }

  #begun(): Promise<StoreThread | undefined> {
    this.#beginning ??= this.#begin();
    return this.#beginning;
  }

  async #begin(): Promise<StoreThread | undefined> {
    const { model, thread } = this.#context;
    const { path, hashed } = this.#file;
    const worker = await thread();
    await worker?.call('begin', { place: { model: modelKey(model), path }, hashed }).catch(ended);
    return worker;
  }
}

function ended(cause: unknown): never {
  throw new VitrineError(
    'out-of-memory',
    'The worker that checks the download has ended, likely for lack of memory. Close other tabs and load the model again.',
    { cause },
  );
}

function damaged({ repository }: LoadContext, path: string): VitrineError {
  return new VitrineError(
    'integrity',
    `A part of ${repository.id}/${path} was damaged in storage, and the server now sends other bytes than before. Delete the stored model and load it again.`,
  );
}
