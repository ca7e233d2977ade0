/**
 * Gives the memory of bytes that have been used back at once, where the platform can: a garbage collector may let
 * hundreds of megabytes of dead buffers pile up before it looks. The bytes are empty afterwards.
 */
export function detachBuffer(bytes: Uint8Array<ArrayBufferLike>): void {
  const buffer = bytes.buffer as ArrayBuffer & { transfer?(length: number): ArrayBuffer };
  // A view of a larger buffer belongs to somebody else.
  if (bytes.byteLength === buffer.byteLength && typeof buffer.transfer === 'function') buffer.transfer(0);
}
