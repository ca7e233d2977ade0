/** Median and spread of measurements. */
export interface Spread {
  median: number;
  least: number;
  most: number;
  count: number;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return sorted.length % 2 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

export function spread(values: readonly number[]): Spread {
  return {
    median: median(values),
    least: Math.min(...values),
    most: Math.max(...values),
    count: values.length,
  };
}

/** Median, and the interval that holds the true one with at least 95 % certainty, whatever the distribution. */
export interface MedianInterval {
  median: number;
  low: number;
  high: number;
  count: number;
}

/** Bounds are order statistics: how many values lie below the true median is binomial. Needs 6 values. */
export function medianInterval(values: readonly number[]): MedianInterval {
  const count = values.length;
  const sorted = [...values].sort((left, right) => left - right);
  let outside = -1;
  let probability = 0.5 ** count;
  for (let tail = probability; 2 * tail <= 0.05; tail += probability) {
    outside++;
    probability *= (count - outside) / (outside + 1);
  }
  const at = (index: number) => sorted[index] ?? Number.NaN;
  return { median: median(values), low: at(outside), high: at(count - 1 - outside), count };
}
