import { Sha256 } from './sha256.ts';
import { wasmCompress } from './sha256-wasm.ts';

/** An incremental SHA-256 in this thread. */
export function startHash(): Sha256 {
  return new Sha256(wasmCompress());
}
