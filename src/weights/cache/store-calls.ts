import type { ChunkPlace } from './chunk-file-reader.ts';
import type { TakenChunk, WrittenChunk } from './chunk-writer.ts';

/** What the store's worker does when called, by messages. */
export interface StoreCalls {
  /** Whether it can write chunk files. */
  canWrite(): Promise<boolean>;
  /** Begins a file. */
  begin(file: { place: { model: string; path: string }; hashed: boolean }): Promise<void>;
  /** Takes a chunk of it, and gives its array back. Chunks are hashed in the order of the calls. */
  take(chunk: WrittenChunk): Promise<TakenChunk>;
  /** Ends it; resolves to the SHA-256 of all its chunks in hexadecimal, if it was hashed. */
  end(): Promise<string | undefined>;
  /** Reads a chunk of a finished file; undefined where that fails, and for the rest of this file. */
  read(chunk: ChunkPlace): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Closes the file that is read. */
  endReading(): Promise<void>;
}

export interface StoreRequest {
  id: number;
  name: keyof StoreCalls;
  value: unknown;
}

export interface StoreReply {
  id: number;
  value?: unknown;
  error?: { name: string; message: string };
}
