/** One comparison of what the device computed with what it should have. */
export interface Comparison {
  what: string;
  passed: boolean;
  /** The difference that uses up most of its tolerance, and that tolerance. */
  error: number;
  tolerance: number;
  /** The first wrong value, in words; empty when there is none. */
  detail: string;
}

export interface Tolerance {
  absolute?: number;
  relative?: number;
}

/**
 * Compares numbers one by one: each may differ by absolute + relative * |expected|.
 * NaN and a wrong number of numbers fail; equal infinities pass.
 */
export function compareNumbers(
  what: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { absolute = 0, relative = 0 }: Tolerance = {},
): Comparison {
  if (actual.length !== expected.length)
    return failure(what, `${what}: ${actual.length} numbers instead of ${expected.length}`);
  const worst = { share: -1, error: 0, tolerance: absolute };
  let detail = '';
  for (let i = 0; i < actual.length; i++) {
    const got = actual[i] as number;
    const want = expected[i] as number;
    const tolerance = absolute + relative * Math.abs(want);
    const difference = got === want ? 0 : Math.abs(got - want);
    const error = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
    if (error > tolerance && !detail)
      detail = `${what}[${i}] is ${got} instead of ${want}; allowed difference ${tolerance}`;
    const share = error === 0 ? 0 : error / tolerance;
    if (share > worst.share) Object.assign(worst, { share, error, tolerance });
  }
  return { what, passed: detail === '', error: worst.error, tolerance: worst.tolerance, detail };
}

/** Compares lists of whole numbers, which must be the same. The error is how many are not. */
export function compareExactly(
  what: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
): Comparison {
  if (actual.length !== expected.length)
    return failure(what, `${what}: ${actual.length} numbers instead of ${expected.length}`);
  let different = 0;
  let detail = '';
  for (let i = 0; i < actual.length; i++) {
    if (Object.is(actual[i], expected[i])) continue;
    different++;
    detail ||= `${what}[${i}] is ${actual[i]} instead of ${expected[i]}`;
  }
  return { what, passed: different === 0, error: different, tolerance: 0, detail };
}

/** A statement that must hold. */
export function checkThat(what: string, holds: boolean): Comparison {
  return holds
    ? { what, passed: true, error: 0, tolerance: 0, detail: '' }
    : failure(what, `not true: ${what}`);
}

function failure(what: string, detail: string): Comparison {
  return { what, passed: false, error: Number.POSITIVE_INFINITY, tolerance: 0, detail };
}
