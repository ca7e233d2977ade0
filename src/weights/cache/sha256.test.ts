import { sha256 as reference } from '@noble/hashes/sha2.js';
import { describe, expect, it } from 'vitest';
import { toHex } from './digest.ts';
import { Sha256 } from './sha256.ts';
import { wasmCompress } from './sha256-wasm.ts';

const bytesOf = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 131 + (i >> 3)) & 255);

const compressions = { JavaScript: undefined, WebAssembly: wasmCompress() };

describe.each(Object.entries(compressions))('SHA-256 in %s', (name, compress) => {
  it('is available', () => expect(compress !== undefined).toBe(name === 'WebAssembly'));

  it('gives the answers of the standard', () => {
    const hex = (text: string) => toHex(new Sha256(compress).update(new TextEncoder().encode(text)).digest());
    expect(hex('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(hex('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq')).toBe(
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    );
  });

  it('agrees with another implementation at every length around its blocks', () => {
    for (let length = 0; length <= 200; length++) {
      const bytes = bytesOf(length);
      expect(toHex(new Sha256(compress).update(bytes).digest())).toBe(toHex(reference(bytes)));
    }
  });

  it('does not depend on how the bytes are split', () => {
    const bytes = bytesOf(200_000);
    const whole = toHex(reference(bytes));
    for (const size of [3, 63, 64, 65, 127, 1000, 70_000]) {
      const hash = new Sha256(compress);
      for (let at = 0; at < bytes.length; at += size) hash.update(bytes.subarray(at, at + size));
      expect(toHex(hash.digest())).toBe(whole);
    }
  });
});
