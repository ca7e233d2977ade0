import { describe, test } from 'vitest';
import { filled, readFloats, runKernel, sharedGpu, upload } from '../../test/support/gpu.ts';
import { expectClose } from '../../test/support/numbers.ts';
import { defineKernel } from '../gpu/index.ts';
import { activations, activationWgsl } from './activation.ts';
import { activate, erf } from './reference/index.ts';

const gpu = sharedGpu();

const main = `@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  out[id.x] = activate(x[id.x]);
}`;

/** Around zero, where series meet, in the tails, and far beyond what exp and tanh can take. */
const huge = [20, 50, 88, 89, 100, 1000, 1e4, 1e6, 1e12];
const inputs = Float32Array.from([
  ...Array.from({ length: 1601 }, (_, i) => (i - 800) / 100),
  ...[1e-30, 1e-8, 1e-4, 0.4999999, 0.5000001, 0.70712].flatMap((x) => [x, -x]),
  ...huge.flatMap((x) => [x, -x]),
]);

describe.each(activations)('%s', (name) => {
  test('agrees with plain code, however large the argument', async () => {
    const source = defineKernel({
      name,
      constants: { ACTIVATION: activations.indexOf(name) },
      bindings: [
        { name: 'x', type: 'array<f32>', kind: 'read' },
        { name: 'out', type: 'array<f32>', kind: 'write' },
      ],
      parts: [activationWgsl, main],
    });
    const groups = Math.ceil(inputs.length / 64);
    const padded = new Float32Array(groups * 64);
    padded.set(inputs);
    const out = filled(gpu(), groups * 64);
    await runKernel(gpu(), source, [upload(gpu(), padded), out], [groups, 1, 1]);
    const expected = Float64Array.from(inputs, (x) => activate(name, x));
    const actual = await readFloats(gpu(), out, inputs.length);
    expectClose(actual, expected, { absolute: 4e-6, relative: 4e-6 }, name);
  });
});

test('the reference erf holds known values', () => {
  const known = [
    [0.1, 0.1124629160182849],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [2, 0.9953222650189527],
    [2.6, 0.9997639655834707],
    [3, 0.9999779095030014],
    [5, 0.9999999999984626],
  ] as const;
  const signs = known.flatMap(([x, value]) => [
    [x, value],
    [-x, -value],
  ]);
  expectClose(
    signs.map(([x]) => erf(x as number)),
    signs.map(([, value]) => value as number),
    { absolute: 1e-13 },
  );
});
