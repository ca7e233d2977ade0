export function ceilDiv(value: number, divisor: number): number {
  return Math.ceil(value / divisor);
}

/** The smallest multiple of `step` that is not below `value`. */
export function roundUp(value: number, step: number): number {
  return ceilDiv(value, step) * step;
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

export function product(values: readonly number[]): number {
  return values.reduce((left, right) => left * right, 1);
}
