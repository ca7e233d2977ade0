/**
 * Counter-based random numbers: number i of a sequence is a pure function of (seed, sequence, i), so a run can resume at
 * any token and the GPU computes the same numbers. The function is Philox4x32-10 (Salmon, Moraes, Dror and Shaw,
 * "Parallel random numbers: as easy as 1, 2, 3", 2011): ten rounds of two 32 x 32 -> 64 bit products.
 */
const multiplier0 = 0xd2511f53;
const multiplier1 = 0xcd9e8d57;
const weyl0 = 0x9e3779b9;
const weyl1 = 0xbb67ae85;

/** Upper and lower 32 bits of a * b. */
function multiply(a: number, b: number): [number, number] {
  const low = Math.imul(a, b) >>> 0;
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const cross = aLow * bHigh + (middle % 0x10000);
  return [(aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(cross / 0x10000)) >>> 0, low];
}

/** Philox4x32-10: four words of counter and two of key to four random words. */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const [high0, low0] = multiply(multiplier0, c0);
    const [high1, low1] = multiply(multiplier1, c2);
    [c0, c1, c2, c3] = [(high1 ^ c1 ^ k0) >>> 0, low1, (high0 ^ c3 ^ k1) >>> 0, low0];
    k0 = (k0 + weyl0) >>> 0;
    k1 = (k1 + weyl1) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** The third word of the counter, `purpose`, gives independent streams; tokens are drawn from stream 0. */
export interface Rng {
  /** A whole number in [0, 2^32). */
  bits(sequence: number, draw: number, purpose?: number): number;
  /** A multiple of 2^-24 in [0, 1), exact in an f32. */
  uniform(sequence: number, draw: number, purpose?: number): number;
}

/** The random numbers of a 32-bit seed. */
export function createRng(seed: number): Rng {
  const bits = (sequence: number, draw: number, purpose = 0) =>
    philox([draw >>> 0, sequence >>> 0, purpose, 0], [seed >>> 0, 0])[0];
  return { bits, uniform: (sequence, draw, purpose) => (bits(sequence, draw, purpose) >>> 8) / 2 ** 24 };
}
