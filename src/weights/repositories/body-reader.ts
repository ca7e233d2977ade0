import { detachBuffer } from '../detach-buffer.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** Of what the browser holds ready; so little that it is still in the processor's cache when it is used. */
const pieceBytes = 256 * 2 ** 10;

/**
 * The bytes of an answer, a piece at a time; a piece is valid only until the next is read. Where the browser can, all are
 * read into the same buffer: to make a new one for every piece takes as long as to copy it.
 */
export class BodyReader {
  readonly #reader: ReadableStreamBYOBReader | ReadableStreamDefaultReader<Bytes>;
  readonly #read: (before: Bytes | undefined, most: number) => Promise<{ done: boolean; value?: Bytes }>;
  #piece: Bytes | undefined;

  constructor(body: ReadableStream<Bytes>) {
    const into = byobReader(body);
    if (into) {
      this.#reader = into;
      this.#read = (before, most) => into.read(room(before, most));
      return;
    }
    const plain = body.getReader();
    this.#reader = plain;
    this.#read = (before) => {
      if (before) detachBuffer(before);
      return plain.read();
    };
  }

  /** The next piece, of at most `most` bytes where the browser can limit it; undefined at the end. */
  async read(most: number): Promise<Bytes | undefined> {
    const before = this.#piece;
    this.#piece = undefined;
    const { done, value } = await this.#read(before, most);
    this.#piece = value;
    return done ? undefined : value;
  }

  /** Ends the answer. */
  async cancel(): Promise<void> {
    await this.#reader.cancel().catch(() => undefined);
    if (this.#piece) detachBuffer(new Uint8Array(this.#piece.buffer));
  }
}

/** Undefined where an answer is no stream of bytes to its reader. */
function byobReader(body: ReadableStream<Bytes>): ReadableStreamBYOBReader | undefined {
  try {
    return body.getReader({ mode: 'byob' });
  } catch {
    return undefined;
  }
}

/** Where the next piece goes: over the one before, if there was one. */
function room(before: Bytes | undefined, most: number): Bytes {
  const buffer = before?.buffer ?? new ArrayBuffer(Math.min(pieceBytes, most));
  return new Uint8Array(buffer, 0, Math.min(buffer.byteLength, most));
}
