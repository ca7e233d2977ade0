import type { StreamDecoder } from './types.ts';

/** One decoder for whole texts and for streams: no byte order mark eaten, nothing thrown. */
export function createTextDecoder(): TextDecoder {
  return new TextDecoder('utf-8', { ignoreBOM: true });
}

/**
 * Decodes tokens that come one by one. A token may end amid a character: its bytes wait for the next.
 * After `end` the decoder is as new.
 */
export function createStreamDecoder(bytes: (id: number) => Uint8Array): StreamDecoder {
  const decoder = createTextDecoder();
  return {
    push: (id) => decoder.decode(bytes(id), { stream: true }),
    end: () => decoder.decode(),
  };
}
