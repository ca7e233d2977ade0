/** The first 64 primes: their roots' fractions are SHA-256's constants. */
const primes: number[] = [];
for (let candidate = 2; primes.length < 64; candidate++)
  if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate);

const fraction = (value: number) => ((value - Math.floor(value)) * 2 ** 32) | 0;
export const roundConstants = Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime)));
const firstState = primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));

const blockBytes = 64;

/** Takes the whole blocks of `bytes` from `from` to `to` into the state, eight words. */
export type Compress = (state: Int32Array, bytes: Uint8Array, from: number, to: number) => void;

/** Incremental SHA-256 (FIPS 180-4), which SubtleCrypto does not offer. Handles up to 2^53 bytes. */
export class Sha256 {
  private readonly state = Int32Array.from(firstState);
  private readonly block = new Uint8Array(blockBytes);
  private length = 0;

  constructor(private readonly compress: Compress = plainCompress) {}

  /** Adds bytes to the hash. */
  update(bytes: Uint8Array): this {
    let at = 0;
    const filled = this.length % blockBytes;
    this.length += bytes.length;
    if (filled > 0) {
      at = Math.min(blockBytes - filled, bytes.length);
      this.block.set(bytes.subarray(0, at), filled);
      if (filled + at < blockBytes) return this;
      this.compress(this.state, this.block, 0, blockBytes);
    }
    const whole = bytes.length - ((bytes.length - at) % blockBytes);
    if (whole > at) this.compress(this.state, bytes, at, whole);
    this.block.set(bytes.subarray(whole));
    return this;
  }

  /** The 32-byte hash; `update` must not be called afterwards. */
  digest(): Uint8Array<ArrayBuffer> {
    const { length } = this;
    // A one bit, zeros, and the length in bits as the last 64 of a block.
    const padding = new Uint8Array(blockBytes + 8 - ((length + 8) % blockBytes));
    padding[0] = 0x80;
    const end = new DataView(padding.buffer);
    end.setUint32(padding.length - 8, Math.floor(length / 2 ** 29));
    end.setUint32(padding.length - 4, length << 3);
    this.update(padding);
    const digest = new DataView(new ArrayBuffer(32));
    for (const [index, word] of this.state.entries()) digest.setInt32(4 * index, word);
    return new Uint8Array(digest.buffer);
  }
}

const words = new Int32Array(64);

/** Where the page's policy allows no WebAssembly. */
function plainCompress(state: Int32Array, bytes: Uint8Array, from: number, to: number): void {
  for (let at = from; at < to; at += blockBytes) mix(state, words, bytes, at);
}

/** Mixes the 64 bytes at `at` into the state. Loops of plain locals: this may run over every byte of a model. */
function mix(state: Int32Array, w: Int32Array, bytes: Uint8Array, at: number): void {
  const k = roundConstants;
  expand(w, bytes, at);
  let a = state[0] as number;
  let b = state[1] as number;
  let c = state[2] as number;
  let d = state[3] as number;
  let e = state[4] as number;
  let f = state[5] as number;
  let g = state[6] as number;
  let h = state[7] as number;
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (k[i] as number) + (w[i] as number)) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] = (state[0] as number) + a;
  state[1] = (state[1] as number) + b;
  state[2] = (state[2] as number) + c;
  state[3] = (state[3] as number) + d;
  state[4] = (state[4] as number) + e;
  state[5] = (state[5] as number) + f;
  state[6] = (state[6] as number) + g;
  state[7] = (state[7] as number) + h;
}

/** The message schedule of a block: its sixteen words, and what follows from them. */
function expand(w: Int32Array, bytes: Uint8Array, at: number): void {
  for (let i = 0, from = at; i < 16; i++, from += 4)
    w[i] =
      ((bytes[from] as number) << 24) |
      ((bytes[from + 1] as number) << 16) |
      ((bytes[from + 2] as number) << 8) |
      (bytes[from + 3] as number);
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15] as number;
    const y = w[i - 2] as number;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = ((w[i - 16] as number) + s0 + (w[i - 7] as number) + s1) | 0;
  }
}
