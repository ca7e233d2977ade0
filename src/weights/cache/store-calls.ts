import type { WrittenChunk } from './chunk-writer.ts';

/** What the store's worker does when called, by messages. */
export interface StoreCalls {
  /** Whether it can write chunk files. */
  canWrite(): Promise<boolean>;
  /** Begins a file. */
  begin(file: { place: { model: string; path: string }; hashed: boolean }): Promise<void>;
  /** Takes a chunk of it over; resolves to its digest if it is to be stored. Chunks are hashed in the order of the calls. */
  take(chunk: WrittenChunk): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Ends it; resolves to the SHA-256 of all its chunks in hexadecimal, if it was hashed. */
  end(): Promise<string | undefined>;
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
