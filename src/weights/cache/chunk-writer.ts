import { openChunkFile, type SyncAccessHandle } from './chunk-files.ts';
import { digestOf, sameBytes, toHex } from './digest.ts';
import { startHash } from './hash.ts';
import type { Sha256 } from './sha256.ts';

/** A chunk on its way into a file. */
export interface WrittenChunk {
  bytes: Uint8Array<ArrayBuffer>;
  /** Where it begins in the file. */
  at: number;
  /** False for a chunk that is only hashed. */
  store: boolean;
  /** The digest that it must have to be written. */
  expected?: Uint8Array<ArrayBuffer>;
}

/** What is left of a chunk that was taken. */
export interface TakenChunk {
  /** The array that it came in, to be used again. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Its SHA-256 if it was to be stored. */
  digest?: Uint8Array<ArrayBuffer>;
}

/** Hashes the chunks of one file after the other, and writes them: what the worker of a load does. */
export class ChunkWriter {
  #place: { model: string; path: string } | undefined;
  #handle: Promise<SyncAccessHandle> | undefined;
  #hash: Sha256 | undefined;

  /** Begins a file; it is opened with its first chunk to be written. */
  begin(place: { model: string; path: string }, hashed: boolean): void {
    this.#place = place;
    this.#hash = hashed ? startHash() : undefined;
  }

  /** A chunk whose digest differs from what is expected is not stored. */
  async take({ bytes, at, store, expected }: WrittenChunk): Promise<TakenChunk> {
    this.#hash?.update(bytes);
    if (!store || !this.#place) return { bytes };
    const digest = await digestOf(bytes);
    if (expected && !sameBytes(expected, digest)) return { bytes, digest };
    this.#handle ??= openChunkFile(this.#place.model, this.#place.path);
    const written = (await this.#handle).write(bytes, { at });
    if (written < bytes.length) throw new DOMException('The storage is full.', 'QuotaExceededError');
    return { bytes, digest };
  }

  /** Ends the file: closes it and returns the SHA-256 of all its chunks in hexadecimal, if it was hashed. */
  async end(): Promise<string | undefined> {
    const handle = await this.#handle?.catch(() => undefined);
    handle?.close();
    this.#handle = undefined;
    const hash = this.#hash;
    this.#hash = undefined;
    return hash && toHex(hash.digest());
  }
}
