import { describe, expect, it } from 'vitest';
import {
  distanceScale,
  exp2Fraction,
  fixedPointWeight,
  log2Distance,
  maxDistance,
  probabilityBits,
  scaleDown,
  scaleUp,
} from './fixed-point.ts';
import { createRng, philox } from './rng.ts';

describe('fixedPointWeight', () => {
  it('is 2^-distance within 2^-21, and decreases with the distance', () => {
    let last = 2 ** 24;
    let worst = 0;
    let rises = 0;
    for (let fraction = 0; fraction < 2 ** 24; fraction++) {
      const value = exp2Fraction(fraction);
      if (value > last) rises++;
      last = value;
      worst = Math.max(worst, Math.abs(value / 2 ** (24 - fraction / 2 ** 24) - 1));
    }
    expect(worst).toBeLessThan(2 ** -21);
    expect(rises).toBe(0);
  });

  it('ranges from 2^36 to 0', () => {
    expect(fixedPointWeight(0)).toBe(2 ** 36);
    expect(fixedPointWeight(2 ** 24)).toBe(2 ** 35);
    expect(fixedPointWeight(36 * 2 ** 24)).toBe(1);
    expect(fixedPointWeight(maxDistance)).toBe(0);
  });

  it('caps distances at any temperature', () => {
    expect(log2Distance(1e30, -1e30, distanceScale(1e-30))).toBe(maxDistance);
    expect(log2Distance(1, 1, distanceScale(1e-30))).toBe(0);
    expect(log2Distance(1, 0, distanceScale(1))).toBeCloseTo(Math.LOG2E * 2 ** 24, -1);
  });

  it('scales 53-bit sums exactly', () => {
    expect(scaleDown(2 ** 53 - 1, 2 ** 32 - 1)).toBe(Number(((2n ** 53n - 1n) * (2n ** 32n - 1n)) >> 32n));
    expect([scaleDown(3, 2 ** 31), scaleUp(3, 2 ** 31)]).toEqual([1, 2]);
    expect([probabilityBits(1), probabilityBits(1e-12), probabilityBits(0.5)]).toEqual([
      2 ** 32 - 1,
      1,
      2 ** 31,
    ]);
  });
});

describe('createRng', () => {
  it('is Philox4x32-10', () => {
    const ones = 0xffffffff;
    expect(philox([0, 0, 0, 0], [0, 0])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
    expect(philox([ones, ones, ones, ones], [ones, ones])).toEqual([
      0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd,
    ]);
    expect(philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])).toEqual([
      0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1,
    ]);
  });

  it('gives every seed, sequence, draw and purpose its own number in [0, 1)', () => {
    const seen = new Set<number>();
    for (const seed of [0, 1, 0xffffffff])
      for (const sequence of [0, 1])
        for (let draw = 0; draw < 1000; draw++)
          for (const purpose of [0, 1]) seen.add(createRng(seed).uniform(sequence, draw, purpose));
    expect(seen.size).toBeGreaterThan(11_990);
    expect(Math.min(...seen)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...seen)).toBeLessThan(1);
    expect([...seen].every((value) => Math.fround(value) === value)).toBe(true);
  });
});
