/**
 * Frees the memory of consumed bytes immediately where the platform allows it: a garbage collector may let
 * hundreds of megabytes of dead buffers accumulate. The array is empty afterwards.
 */
export function detachBuffer(bytes: Uint8Array<ArrayBufferLike>): void {
  const buffer = bytes.buffer as ArrayBuffer & { transfer?(length: number): ArrayBuffer };
  // A view does not own its buffer.
  if (bytes.byteLength === buffer.byteLength && typeof buffer.transfer === 'function') buffer.transfer(0);
}
