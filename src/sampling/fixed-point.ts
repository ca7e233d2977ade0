/**
 * Probabilities as whole numbers, so that sums come out the same in any order and on any device.
 *
 * A token's gap says how far it lies below the likeliest one, in bits of probability, as a multiple of 2^-24.
 * Its mass is 2^-gap, scaled so that the likeliest has 2^36: the sum over 2^17 tokens still fits in 53 bits.
 * A mass is within 2^-21 of itself down to 2^-14 of the likeliest, and to 2^-36 of the likeliest below;
 * past 36 bits it is zero.
 */
export const gapBits = 24;
export const massBits = 36;
/** Gaps end here, where masses are zero. */
export const maxGap = (massBits + 1) * 2 ** gapBits;
/** The mass of the likeliest token. */
export const unitMass = 2 ** massBits;
/** Vocabularies up to this size sum exactly. */
export const maxVocabulary = 2 ** (53 - massBits);

const tableBits = 8;
const restBits = gapBits - tableBits;
/** ln 2 in 16 bits. */
const ln2 = Math.round(Math.LN2 * 2 ** 16);

/** 2^(-i / 256) in 24 bits, [256]. */
export const exp2Table: Readonly<Uint32Array> = Uint32Array.from({ length: 2 ** tableBits }, (_, i) =>
  Math.round(2 ** (gapBits - i / 2 ** tableBits)),
);

/** Multiplies a logit difference into a gap: log2(e) / temperature at 2^-24 a unit, as f32. */
export function gapScale(temperature: number): number {
  return Math.fround(Math.min(Math.LOG2E / temperature, 2 ** 26) * 2 ** gapBits);
}

/** The gap of a logit below the highest one; each step is rounded to f32, as the GPU does it. */
export function gapOf(highest: number, logit: number, scale: number): number {
  const gap = Math.fround(Math.fround(highest - logit) * scale);
  return gap < maxGap ? Math.floor(gap) : maxGap;
}

/** 2^-fraction for a fraction of `gapBits` bits, in [2^23, 2^24]: a table, and two terms of the exponential series. */
export function exp2Fraction(fraction: number): number {
  const whole = exp2Table[fraction >>> restBits] as number;
  const linear = ((fraction & (2 ** restBits - 1)) * ln2) >>> 16;
  const rest = linear - ((linear * linear) >>> 25);
  return whole - (((whole >>> 8) * rest) >>> 16);
}

/** 2^-gap as a multiple of 2^-36, rounded down: a whole number up to {@link unitMass}. */
export function massOf(gap: number): number {
  const shift = gap >>> gapBits;
  const mantissa = exp2Fraction(gap & (2 ** gapBits - 1));
  return Math.floor(mantissa * 2 ** (massBits - gapBits - shift));
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
