import fc from 'fast-check';
import { expect, it } from 'vitest';
import { greedySampling, sampleReference } from '../../sampling/index.ts';
import { chooseToken } from './cpu-sampling.ts';

const context = { ids: [1], promptLength: 1 };
const draw = { sequence: 0, draw: 0 };

it('the greedy token is the sampling reference’s, whatever the logits are', () => {
  const odd = fc.constantFrom(0, -0, 1e-45, -1e-40, 2e30, 3e30, -2e30, Infinity, -Infinity, NaN, 1, -3, -3);
  const logit = fc.oneof(odd, fc.float({ min: -40, max: 40, noNaN: true }));
  fc.assert(
    fc.property(fc.array(logit, { minLength: 1, maxLength: 12 }), fc.nat(11), (values, cut) => {
      const logits = Float32Array.from(values);
      const sampling = { ...greedySampling, drawable: Math.max(1, logits.length - cut) };
      const expected = sampleReference(logits, context, sampling, draw);
      expect(chooseToken(logits, context, sampling, draw, 0).id).toBe(expected);
    }),
    { numRuns: 1000 },
  );
});
