import { openToRead, type SyncAccessHandle } from './chunk-files.ts';
import { digestOf, sameBytes } from './digest.ts';

/** A chunk of a finished file. */
export interface ChunkPlace {
  model: string;
  path: string;
  /** Where it begins in the file. */
  at: number;
  /** The array to read it into, as long as the chunk. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Its digest. */
  expected: Uint8Array<ArrayBuffer>;
}

/** Reads chunks of one finished file in the worker of a load, without the copies that another thread's read takes. */
export class ChunkFileReader {
  #handle: Promise<SyncAccessHandle> | undefined;
  #failed = false;

  /** The chunk; undefined where it is missing or damaged, and from then on: the file is then free to be mended. */
  async read({ model, path, at, bytes, expected }: ChunkPlace): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#failed) return undefined;
    try {
      this.#handle ??= openToRead(model, path);
      const handle = await this.#handle;
      const whole = handle.read(bytes, { at }) === bytes.length;
      if (whole && sameBytes(await digestOf(bytes), expected)) return bytes;
    } catch {
      // Another thread may be able to read it.
    }
    await this.#close();
    this.#failed = true;
    return undefined;
  }

  /** Closes the file; the next read may be of another one. */
  async end(): Promise<void> {
    await this.#close();
    this.#failed = false;
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    (await handle?.catch(() => undefined))?.close();
  }
}
