import { defined } from '../lib/index.ts';
import { activationFunction } from './activation.ts';
import type { GPT2Config } from './config.ts';
import { attentionScale } from './gpt2.ts';

// T tokens, E channels (n_embd), NH heads, HS head size, I inner width, V vocabulary, L layers

/**
 * Values of a checkpoint by role (`wte`, `ln_f.bias`, `lm_head` unless tied), in blocks `h.{layer}.{role}`.
 * Conv1D matrices are [in, out], as they are stored.
 */
export type ReferenceWeights = ReadonlyMap<string, Float32Array>;

type Vector = Float64Array;

/** Everything a forward pass over one sequence computes, for tests and for looking inside. */
export interface ReferencePass {
  /** [L + 1][T] of [E]: the residual stream before the first block and after each. */
  residuals: Vector[][];
  /** [L][NH][T] of [T]: how much position t attends to each position up to t; zero after it. */
  attention: Vector[][][];
  /** Logits at position t, [V]. */
  logits(t: number): Vector;
}

/** GPT-2 as the paper writes it, in f64, one plain loop after the other. The other implementations are tested against it. */
export function referenceForward(
  config: GPT2Config,
  weights: ReferenceWeights,
  ids: readonly number[],
): ReferencePass {
  const { nEmbd: E, nLayer: L, vocabSize: V, layerNormEpsilon } = config;
  const of = (role: string) => defined(weights.get(role), role);
  const norm = (x: Vector, name: string) =>
    layerNorm(x, of(`${name}.weight`), of(`${name}.bias`), layerNormEpsilon);
  const conv1d = (x: Vector, name: string) => linear(x, of(`${name}.weight`), of(`${name}.bias`));
  const act = activationFunction(config.activation);

  let x = ids.map((id, t) => add(row(of('wte'), id, E), row(of('wpe'), t, E))); // [T, E]
  const residuals = [x];
  const attention: Vector[][][] = [];
  for (let layer = 0; layer < L; layer++) {
    const h = `h.${layer}`;
    const qkv = x.map((row) => conv1d(norm(row, `${h}.ln_1`), `${h}.attn.c_attn`)); // [T, 3E]
    const { outputs, probabilities } = attend(config, layer, qkv); // [T, E], [NH, T, T]
    x = x.map((row, t) => add(row, conv1d(outputs[t] as Vector, `${h}.attn.c_proj`))); // [T, E]
    x = x.map((row) => {
      const inner = conv1d(norm(row, `${h}.ln_2`), `${h}.mlp.c_fc`).map(act); // [I]
      return add(row, conv1d(inner, `${h}.mlp.c_proj`)); // [E]
    });
    residuals.push(x);
    attention.push(probabilities);
  }
  const head = weights.get('lm_head') ?? of('wte'); // [V, E]
  const logits = (t: number) => {
    const final = norm(x[t] as Vector, 'ln_f');
    return Float64Array.from({ length: V }, (_, id) => dot(row(head, id, E), final, 0, 0, E));
  };
  return { residuals, attention, logits };
}

/** Causal attention over all positions: softmax(q kᵀ · scale) v, head by head. */
function attend(config: GPT2Config, layer: number, qkv: readonly Vector[]) {
  const { nEmbd: E, nHead: NH } = config;
  const HS = E / NH;
  const T = qkv.length;
  const scale = attentionScale(config, layer);
  const outputs = qkv.map(() => new Float64Array(E));
  const probabilities: Vector[][] = [];
  for (let head = 0; head < NH; head++) {
    const q = head * HS;
    const k = E + head * HS;
    const v = 2 * E + head * HS;
    const rows = qkv.map((query, t) => {
      const scores = qkv.slice(0, t + 1).map((key) => dot(query, key, q, k, HS) * scale);
      return softmax(scores, T);
    });
    for (const [t, row] of rows.entries()) {
      const output = outputs[t] as Vector;
      for (let j = 0; j <= t; j++) {
        const value = qkv[j] as Vector;
        for (let d = 0; d < HS; d++) output[q + d]! += row[j]! * value[v + d]!;
      }
    }
    probabilities.push(rows);
  }
  return { outputs, probabilities };
}

function softmax(scores: readonly number[], length: number): Vector {
  const top = scores.reduce((left, right) => Math.max(left, right));
  const weights = new Float64Array(length);
  let sum = 0;
  for (const [j, score] of scores.entries()) sum += weights[j] = Math.exp(score - top);
  return weights.map((weight) => weight / sum);
}

function layerNorm(x: Vector, gamma: Float32Array, beta: Float32Array, epsilon: number): Vector {
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
  return x.map((value, i) => ((value - mean) / Math.sqrt(variance + epsilon)) * gamma[i]! + beta[i]!);
}

/** x W + b with W [in, out]. */
function linear(x: Vector, W: Float32Array, b: Float32Array): Vector {
  const y = Float64Array.from(b);
  for (let i = 0; i < x.length; i++) {
    for (let o = 0; o < y.length; o++) y[o]! += x[i]! * W[i * y.length + o]!;
  }
  return y;
}

function row(table: Float32Array, index: number, width: number): Vector {
  return Float64Array.from(table.subarray(index * width, (index + 1) * width));
}

function add(left: Vector, right: Vector): Vector {
  return left.map((value, i) => value + right[i]!);
}

function dot(left: Vector, right: Vector, leftAt: number, rightAt: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += left[leftAt + i]! * right[rightAt + i]!;
  return sum;
}
