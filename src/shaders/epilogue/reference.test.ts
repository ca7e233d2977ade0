import { expect, test } from 'vitest';
import { erf } from './reference.ts';

test.each([
  [0.1, 0.1124629160182849],
  [0.5, 0.5204998778130465],
  [1, 0.8427007929497149],
  [2, 0.9953222650189527],
  [2.6, 0.9997639655834707],
  [3, 0.9999779095030014],
  [5, 0.9999999999984626],
])('erf(%f) and erf of its negative', (x, value) => {
  expect(Math.abs(erf(x) - value)).toBeLessThan(1e-13);
  expect(erf(-x)).toBe(-erf(x));
});
