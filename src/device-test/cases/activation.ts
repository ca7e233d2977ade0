import { defineKernel, type Gpu } from '../../gpu/index.ts';
import { type ActivationName, activations, activationWgsl } from '../../shaders/index.ts';
import { activate } from '../../shaders/reference/index.ts';
import { kernelCase, type Operation } from '../case.ts';
import { compareNumbers } from '../support/compare.ts';
import { filled, readFloats, runKernel, upload } from '../support/gpu.ts';

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

async function check(gpu: Gpu, name: ActivationName) {
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
  const out = filled(gpu, groups * 64);
  await runKernel(gpu, source, [upload(gpu, padded), out], [groups, 1, 1]);
  const expected = Float64Array.from(inputs, (x) => activate(name, x));
  const actual = await readFloats(gpu, out, inputs.length);
  return compareNumbers(name, actual, expected, { absolute: 4e-6, relative: 4e-6 });
}

export const activationOperation: Operation = {
  name: 'activation',
  cases: activations.map((name) =>
    kernelCase(`${name}, however large the argument`, (gpu) => check(gpu, name)),
  ),
};
