import { Sha256 } from './sha256.ts';

/** SHA-256 of complete data, computed by SubtleCrypto off this thread where available. */
export async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const subtle = (globalThis.crypto as Crypto | undefined)?.subtle;
  // Pages served without TLS have no SubtleCrypto.
  if (subtle) return new Uint8Array(await subtle.digest('SHA-256', bytes));
  return new Sha256().update(bytes).digest();
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
