import type { Activation } from './config.ts';

/** The error function by its series of positive terms: no cancellation, full f64 precision. */
export function erf(x: number): number {
  // Beyond 6 the difference from 1 is below 2^-53.
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let odd = 3; Math.abs(term) > 1e-17 * Math.abs(sum); odd += 2) {
    term *= (2 * x * x) / odd;
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

const functions: Record<Activation, (x: number) => number> = {
  // x (1 + tanh(u)) / 2, written with the exponential: half the time, and nothing cancels where x is below 0.
  gelu_tanh: (x) => x / (1 + Math.exp(-2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
  gelu_erf: (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2)),
  quick_gelu: (x) => x / (1 + Math.exp(-1.702 * x)),
  relu: (x) => Math.max(0, x),
  silu: (x) => x / (1 + Math.exp(-x)),
  tanh: Math.tanh,
};

/** The MLP's activation as a function of one number. */
export function activationFunction(name: Activation): (x: number) => number {
  return functions[name];
}
