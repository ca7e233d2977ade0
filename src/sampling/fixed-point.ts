/**
 * Probabilities in fixed point, so that sums are the same in any order and on any device.
 *
 * A token's distance is log2 of how much less likely it is than the likeliest one, as a multiple of 2^-24.
 * Its weight is 2^-distance, scaled so that the likeliest has 2^36: the sum over 2^17 tokens still fits in 53 bits.
 * The relative error of a weight is at most 2^-21 down to 2^-14 of the likeliest; below that its error is at most
 * 2^-36 of the likeliest. Weights below 2^-36 are zero.
 */
export const distanceBits = 24;
export const weightBits = 36;
/** Distances are capped here, where weights are zero. */
export const maxDistance = (weightBits + 1) * 2 ** distanceBits;
/** The weight of the likeliest token. */
export const unitWeight = 2 ** weightBits;

const tableBits = 8;
const restBits = distanceBits - tableBits;
/** ln 2 in 16 bits. */
const ln2 = Math.round(Math.LN2 * 2 ** 16);

/** 2^(-i / 256) in 24 bits, [256]. */
export const exp2Table: Readonly<Uint32Array> = Uint32Array.from({ length: 2 ** tableBits }, (_, i) =>
  Math.round(2 ** (distanceBits - i / 2 ** tableBits)),
);

/** Multiplies a logit difference into a distance: log2(e) / temperature at 2^-24 a unit, as f32. */
export function distanceScale(temperature: number): number {
  return Math.fround(Math.min(Math.LOG2E / temperature, 2 ** 26) * 2 ** distanceBits);
}

/** The distance of a logit below the highest one; each step is rounded to f32, as the GPU does it. */
export function log2Distance(highest: number, logit: number, scale: number): number {
  const distance = Math.fround(Math.fround(highest - logit) * scale);
  return distance < maxDistance ? Math.floor(distance) : maxDistance;
}

/** 2^-fraction for a fraction of `distanceBits` bits, in [2^23, 2^24]: a table, and two terms of the exponential series. */
export function exp2Fraction(fraction: number): number {
  const whole = exp2Table[fraction >>> restBits] as number;
  const linear = ((fraction & (2 ** restBits - 1)) * ln2) >>> 16;
  const rest = linear - ((linear * linear) >>> 25);
  return whole - (((whole >>> 8) * rest) >>> 16);
}

/** 2^-distance as a multiple of 2^-36, rounded down: a whole number up to {@link unitWeight}. */
export function fixedPointWeight(distance: number): number {
  const shift = distance >>> distanceBits;
  const mantissa = exp2Fraction(distance & (2 ** distanceBits - 1));
  return Math.floor(mantissa * 2 ** (weightBits - distanceBits - shift));
}

/** floor(total * fraction / 2^32), exactly. */
export function scaleDown(total: number, fraction: number): number {
  return Number((BigInt(total) * BigInt(fraction)) >> 32n);
}

/** ceil(total * fraction / 2^32), exactly. */
export function scaleUp(total: number, fraction: number): number {
  return Number((BigInt(total) * BigInt(fraction) + 0xffffffffn) >> 32n);
}

/** A probability as a multiple of 2^-32, at least one and below 2^32. */
export function probabilityBits(probability: number): number {
  return Math.min(2 ** 32 - 1, Math.max(1, Math.round(probability * 2 ** 32)));
}

/** log2 of a whole number from 1 to 2^53, as a multiple of 2^-24: the digits come from squaring a 32-bit mantissa. */
export function log2Fixed(value: number): number {
  const whole = value < 2 ** 32 ? 31 - Math.clz32(value) : 63 - Math.clz32(value / 2 ** 32);
  const digits = 31 - whole;
  let mantissa = digits >= 0 ? BigInt(value) << BigInt(digits) : BigInt(value) >> BigInt(-digits);
  let log = whole;
  for (let bit = 0; bit < distanceBits; bit++) {
    mantissa = (mantissa * mantissa) >> 31n;
    log = 2 * log;
    if (mantissa < 2n ** 32n) continue;
    mantissa >>= 1n;
    log++;
  }
  return log;
}

/** A weight as a share of the likeliest, in multiples of 2^-24. */
export function exponentialShare(weight: number): number {
  return Math.floor(weight / 2 ** (weightBits - distanceBits));
}
