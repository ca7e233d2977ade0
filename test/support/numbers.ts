import { compareNumbers, type Tolerance } from '../../src/device-test/support/compare.ts';

export {
  randomFloats,
  randomIds,
  seeded,
  strided,
  unstrided,
} from '../../src/device-test/support/numbers.ts';
export type { Tolerance };

/** Fails at the first index where the two differ by more than absolute + relative * |expected|, or where one is NaN. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: Tolerance,
  what = 'value',
): void {
  const { passed, detail } = compareNumbers(what, actual, expected, tolerance);
  if (!passed) throw new Error(detail);
}
