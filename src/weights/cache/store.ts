import { createStore, get, promisifyRequest, set, setMany, type UseStore } from 'idb-keyval';
import type { ByteSpan } from '../byte-spans.ts';
import { dropChunkFiles, readChunkFile, sweepChunkFiles } from './chunk-files.ts';

/** A file of a stored model. */
export interface StoredFileRecord {
  path: string;
  bytes: number;
  /** Promised or computed SHA-256 of the whole file; unknown until it has been read to its end. */
  sha256?: string;
  chunkBytes: number;
  /** Its chunks are in a file of the origin private file system; otherwise they are in this database. */
  inFile?: true;
  /** Number of chunks kept when a model needs only part of the file; undefined for all. */
  chunks?: number;
  /** The bytes that such chunks hold, in order; elsewhere they are zeros. Undefined: all. */
  spans?: readonly ByteSpan[];
  /** True once every required chunk is stored and, if the file was read in full, its digest matched. */
  complete: boolean;
}

/** Metadata of one stored revision. Written last: `complete` commits a download. */
export interface Manifest {
  version: 1;
  id: string;
  revision: string;
  /** Hub or folder the model came from. */
  scope: string;
  ref?: string;
  complete: boolean;
  storedAt: number;
  files: StoredFileRecord[];
}

/**
 * Records by the first part of the key:
 *   manifest, model                 -> Manifest
 *   chunk,  model, path, index      -> Uint8Array, except of files whose chunks are in a file
 *   digest, model, path, index      -> SHA-256 of that chunk, written in the same transaction, or after the file
 *   ref,    scope, id, ref          -> revision that was last seen there
 */
export class ModelStore {
  readonly #use: UseStore;

  /** The one store of this realm. Touches the storage once; throws where it is denied. */
  static async open(): Promise<ModelStore> {
    const factory = indexedDB;
    const known = opened.get(factory);
    if (known) return known;
    const store = new ModelStore(createStore('vitrine-models', 'entries'));
    await get(['ref'], store.#use);
    opened.set(factory, store);
    return store;
  }

  private constructor(use: UseStore) {
    this.#use = use;
  }

  manifest(model: string): Promise<Manifest | undefined> {
    return get<Manifest>(['manifest', model], this.#use);
  }

  manifests(): Promise<Manifest[]> {
    return this.#use('readonly', (store) =>
      promisifyRequest(store.getAll(under('manifest')) as IDBRequest<Manifest[]>),
    );
  }

  putManifest(manifest: Manifest): Promise<void> {
    return set(['manifest', modelKey(manifest)], manifest, this.#use);
  }

  /** The digests of a file's stored chunks, by index. */
  digests(model: string, path: string): Promise<Map<number, Uint8Array<ArrayBuffer>>> {
    const range = under('digest', model, path);
    return this.#use('readonly', async (store) => {
      const [keys, values] = await Promise.all([
        promisifyRequest(store.getAllKeys(range)),
        promisifyRequest(store.getAll(range) as IDBRequest<Uint8Array<ArrayBuffer>[]>),
      ]);
      const digests = new Map<number, Uint8Array<ArrayBuffer>>();
      keys.forEach((key, at) => {
        const digest = values[at];
        if (Array.isArray(key) && digest) digests.set(Number(key[3]), digest);
      });
      return digests;
    });
  }

  chunk(model: string, file: StoredFileRecord, index: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const { path, inFile, chunkBytes } = file;
    if (!inFile) return get<Uint8Array<ArrayBuffer>>(['chunk', model, path, index], this.#use);
    const begin = index * chunkBytes;
    return readChunkFile(model, path, begin, begin + chunkLength(file, index));
  }

  /** Chunk and digest together or not at all. `bytes` must be the whole of its buffer. */
  putChunk(
    model: string,
    path: string,
    index: number,
    bytes: Uint8Array<ArrayBuffer>,
    digest: Uint8Array<ArrayBuffer>,
  ): Promise<void> {
    return setMany(
      [
        [['chunk', model, path, index], bytes],
        [['digest', model, path, index], digest],
      ],
      this.#use,
    );
  }

  /** The digest of a chunk that has been written to a file. */
  putDigest(model: string, path: string, index: number, digest: Uint8Array<ArrayBuffer>): Promise<void> {
    return set(['digest', model, path, index], digest, this.#use);
  }

  /** Bytes held for a model, as counted by its digests. */
  async storedBytes(manifest: Manifest, file: StoredFileRecord): Promise<number> {
    if (file.complete && file.chunks === undefined) return file.bytes;
    const digests = await this.digests(modelKey(manifest), file.path);
    const lengths = [...digests.keys()].map((index) => chunkLength(file, index));
    return lengths.reduce((sum, length) => sum + length, 0);
  }

  async dropFile(model: string, path: string): Promise<void> {
    await this.#delete([under('chunk', model, path), under('digest', model, path)]);
    await dropChunkFiles(model, path);
  }

  async dropModel(model: string): Promise<void> {
    const manifest = IDBKeyRange.only(['manifest', model]);
    await this.#delete([under('chunk', model), under('digest', model), manifest]);
    await dropChunkFiles(model);
  }

  /** Deletes the files of models that could not be deleted with them, as another tab had them open. */
  sweep(): Promise<void> {
    return sweepChunkFiles(async () => (await this.manifests()).map(modelKey));
  }

  ref(scope: string, id: string, ref: string): Promise<string | undefined> {
    return get<string>(['ref', scope, id, ref], this.#use);
  }

  putRef(scope: string, id: string, ref: string, revision: string): Promise<void> {
    return set(['ref', scope, id, ref], revision, this.#use);
  }

  #delete(ranges: IDBKeyRange[]): Promise<void> {
    return this.#use('readwrite', (store) => {
      for (const range of ranges) store.delete(range);
      return promisifyRequest(store.transaction);
    });
  }
}

const opened = new WeakMap<IDBFactory, ModelStore>();

/** Storage key of a model revision. */
export function modelKey(model: { scope: string; id: string; revision: string }): string {
  return `${model.scope} ${model.id} ${model.revision}`;
}

/** Length of a chunk of a file. */
export function chunkLength(file: { bytes: number; chunkBytes: number }, index: number): number {
  return Math.max(0, Math.min(file.chunkBytes, file.bytes - index * file.chunkBytes));
}

/** All keys that begin with these parts; an array sorts after every number and string. */
function under(...parts: string[]): IDBKeyRange {
  return IDBKeyRange.bound(parts, [...parts, []]);
}
