import { detachBuffer } from './detach-buffer.ts';

/** Buffers kept for the next chunks; what is given back beyond them is freed. */
const mostKept = 4;

/**
 * The buffers of one file's chunks, used again: the pages of a new one are zeroed as they are first touched, which takes
 * longer than to copy a chunk.
 */
export class BufferPool {
  readonly #chunkBytes: number;
  readonly #free: ArrayBuffer[] = [];
  #ended = false;

  constructor(chunkBytes: number) {
    this.#chunkBytes = chunkBytes;
  }

  /** An array that is the whole of its buffer. It may hold what was in it before. */
  take(length: number): Uint8Array<ArrayBuffer> {
    const buffer = length === this.#chunkBytes ? this.#free.pop() : undefined;
    return new Uint8Array(buffer ?? new ArrayBuffer(length));
  }

  /** Takes back an array that is no longer needed. */
  give(bytes: Uint8Array<ArrayBuffer>): void {
    const whole = bytes.length === this.#chunkBytes && bytes.buffer.byteLength === this.#chunkBytes;
    if (whole && !this.#ended && this.#free.length < mostKept) this.#free.push(bytes.buffer);
    else detachBuffer(bytes);
  }

  /** Frees all buffers, and those that are still given back. */
  end(): void {
    this.#ended = true;
    for (const buffer of this.#free.splice(0)) detachBuffer(new Uint8Array(buffer));
  }
}
