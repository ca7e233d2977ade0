import { expect, test } from 'vitest';
import { activationFunction } from './activation.ts';

test.each([
  ['gelu_tanh', 1, 0.841192],
  ['gelu_erf', 1, 0.841345],
  ['quick_gelu', 1, 0.845796],
  ['gelu_tanh', -3, -0.003637],
  ['gelu_erf', -3, -0.00405],
] as const)('%s of %d is %d', (name, x, value) => {
  expect(activationFunction(name)(x)).toBeCloseTo(value, 6);
});
