import { roundUp } from '../../lib/index.ts';
import { type Activation, activationFunction } from '../../model/index.ts';
import type { Rows } from './packed-matrix.ts';
import type { CpuNorm } from './weights.ts';
import type { Workspace } from './workspace.ts';

/** output[t] = layer norm of x[t], E wide; output rows are E apart. */
export function layerNormRows(
  x: Rows,
  norm: CpuNorm,
  epsilon: number,
  output: Float32Array,
  workspace: Workspace,
): void {
  const E = norm.weight.length;
  const { functions, staging } = workspace;
  if (!functions || E % 4 !== 0 || 3 * E + 4 > staging) {
    plainLayerNorm(x, norm, epsilon, output);
    return;
  }
  const { floats } = workspace;
  floats.set(norm.weight, E);
  floats.set(norm.bias, 2 * E);
  floats[3 * E] = E;
  floats[3 * E + 1] = epsilon;
  for (let t = 0; t < x.count; t++) {
    floats.set(x.values.subarray(t * x.stride, t * x.stride + E));
    functions.layerNorm(0, 4 * E, 4 * E, 8 * E, 12 * E);
    output.set(floats.subarray(0, E), t * E);
  }
}

function plainLayerNorm(x: Rows, { weight, bias }: CpuNorm, epsilon: number, output: Float32Array): void {
  const E = weight.length;
  const { values } = x;
  for (let t = 0; t < x.count; t++) {
    const from = t * x.stride;
    let sum = 0;
    for (let i = 0; i < E; i++) sum += values[from + i]!;
    const mean = sum / E;
    let squares = 0;
    for (let i = 0; i < E; i++) squares += (values[from + i]! - mean) ** 2;
    const scale = 1 / Math.sqrt(squares / E + epsilon);
    for (let i = 0; i < E; i++)
      output[t * E + i] = (values[from + i]! - mean) * scale * weight[i]! + bias[i]!;
  }
}

/** x[t] += y[t], `width` numbers of each; returns x. */
export function addRows(x: Rows, y: Rows, width: number): Rows {
  const [to, from] = [x.values, y.values];
  for (let t = 0; t < x.count; t++) {
    const [at, source] = [t * x.stride, t * y.stride];
    for (let i = 0; i < width; i++) to[at + i]! += from[source + i]!;
  }
  return x;
}

/** a and b of activations that are x / (1 + e^(x (a + b x²))). */
const gates: Partial<Record<Activation, readonly [number, number]>> = {
  gelu_tanh: [-2 * Math.sqrt(2 / Math.PI), -2 * Math.sqrt(2 / Math.PI) * 0.044715],
  quick_gelu: [-1.702, 0],
  silu: [-1, 0],
};

/** x[t] = act(x[t]), `width` numbers of each; returns x. */
export function activateRows(x: Rows, width: number, activation: Activation, workspace: Workspace): Rows {
  const { functions } = workspace;
  const gate = gates[activation];
  if (!functions || !gate) return plainActivate(x, width, activationFunction(activation));
  const { floats } = workspace;
  floats.set(gate);
  const first = 4;
  const length = Math.min((x.count - 1) * x.stride + width, x.values.length);
  for (let at = 0; at < length; at += workspace.staging - first) {
    const piece = x.values.subarray(at, Math.min(length, at + workspace.staging - first));
    floats.set(piece, first);
    functions.gate(4 * first, 4 * (first + roundUp(piece.length, 4)), 0);
    piece.set(floats.subarray(first, first + piece.length));
  }
  return x;
}

function plainActivate(x: Rows, width: number, act: (x: number) => number): Rows {
  const { values } = x;
  for (let t = 0; t < x.count; t++) {
    const at = t * x.stride;
    for (let i = at; i < at + width; i++) values[i] = act(values[i]!);
  }
  return x;
}
