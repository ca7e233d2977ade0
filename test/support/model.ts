import { testMatrix } from '../../src/device-test/support/matrix.ts';
import type { Gpu } from '../../src/gpu/index.ts';
import type { GPT2Config } from '../../src/model/config.ts';
import { attentionScale } from '../../src/model/index.ts';
import type { Block, GPT2, Linear } from '../../src/runtime/gpu/gpt2.ts';
import { auxLayout, kvBytes, packLayer, vectorStride, type WeightDtype } from '../../src/shaders/index.ts';
import {
  activate,
  attentionRow,
  attentionWeights,
  embed,
  foldNorm,
  layerNorm,
  linear,
} from '../../src/shaders/reference/index.ts';
import { randomFloats, strided } from './numbers.ts';

export const tinyConfig: GPT2Config = {
  vocabSize: 61,
  nPositions: 160,
  nEmbd: 20,
  nLayer: 2,
  nHead: 4,
  nInner: 44,
  activation: 'gelu_tanh',
  layerNormEpsilon: 1e-5,
  scaleAttnWeights: true,
  scaleAttnByInverseLayerIdx: true,
  tieWordEmbeddings: true,
  eosTokenIds: [],
};

interface PlainLinear {
  W: Float32Array;
  b: Float32Array;
  norm: { gamma: Float32Array; beta: Float32Array } | undefined;
}

interface PlainModel {
  wte: Float32Array;
  wpe: Float32Array;
  layers: { attn: PlainLinear; attnProj: PlainLinear; fc: PlainLinear; fcProj: PlainLinear }[];
  head: PlainLinear;
}

export interface RandomModel {
  model: GPT2;
  /** The forward pass over one sequence in plain code. */
  forward(ids: readonly number[]): Forward;
}

export interface Forward {
  /** [L + 1] of [T, C]: the residual stream before the first block and after each. */
  residuals: Float64Array[];
  /** [L][NH] of [T, T]. */
  attention: Float64Array[][];
  /** Logits of a stage of the residual stream: [T, V]. */
  logits(stage: number): Float64Array;
}

export interface RandomModelOptions {
  dtype?: WeightDtype;
  kv?: 'f32' | 'f16';
  context?: number;
  sequences?: number;
}

/** A model of random weights on the GPU, and its plain twin. */
export function randomModel(gpu: Gpu, config: GPT2Config, options: RandomModelOptions = {}): RandomModel {
  const { dtype = 'f32', kv = 'f32', context = config.nPositions, sequences = 1 } = options;
  const { nEmbd: C, nInner: I, vocabSize: V, nPositions: P, nHead } = config;
  let seed = 100;
  const make = (rows: number, columns: number, normed: boolean) => {
    const { matrix, values } = testMatrix(gpu, { dtype, rows, columns, seed: seed++ });
    return makeLinear(gpu, matrix, values, normed, seed++);
  };
  const wte = testMatrix(gpu, { dtype, rows: V, columns: C, seed: seed++ });
  const wpe = randomFloats(seed++, P * C, 0.3);
  const lmHead = makeLinear(gpu, wte.matrix, wte.values, true, seed++, true);
  const plain: PlainModel = { wte: wte.values, wpe, layers: [], head: lmHead.plain };
  const h = Array.from({ length: config.nLayer }, (_, index): Block => {
    const [attn, attnProj] = [make(3 * C, C, true), make(C, C, false)];
    const [fc, fcProj] = [make(I, C, true), make(C, I, false)];
    plain.layers.push({ attn: attn.plain, attnProj: attnProj.plain, fc: fc.plain, fcProj: fcProj.plain });
    const scale = packLayer({ scale: attentionScale(config, index) });
    const head = { heads: nHead, headSize: C / nHead, context, kv };
    return {
      attn: { c_attn: attn.linear, c_proj: attnProj.linear },
      mlp: { c_fc: fc.linear, c_proj: fcProj.linear },
      scale: gpu.buffers.from('scale', scale, 0x40 | 0x8),
      kv: gpu.buffers.create('kv', sequences * kvBytes(head)),
    };
  });
  const rows = gpu.buffers.from('wpe', strided(wpe, P, C, vectorStride(C)));
  const model: GPT2 = { config, wte: wte.matrix, wpe: rows, h, lm_head: lmHead.linear };
  return { model, forward: (ids) => forward(plain, config, ids) };
}

function makeLinear(
  gpu: Gpu,
  matrix: Linear['matrix'],
  W: Float32Array,
  normed: boolean,
  seed: number,
  biasless = false,
): { linear: Linear; plain: PlainLinear } {
  const { rows, columns } = matrix.format;
  const b = biasless ? new Float32Array(rows) : randomFloats(seed + 1000, rows, 0.2);
  const gamma = randomFloats(seed + 2000, columns, 0.3, 1);
  const beta = randomFloats(seed + 3000, columns, 0.2);
  const layout = auxLayout(matrix.format, normed);
  const aux = new Float32Array(layout.floats);
  aux.set(b, layout.t4 * 4);
  if (normed) {
    const { s, t } = foldNorm(W, b, gamma, beta);
    aux.set(t, layout.t4 * 4);
    aux.set(s, layout.s4 * 4);
    aux.set(gamma, layout.gamma4 * 4);
  }
  const plain: PlainLinear = { W, b, norm: normed ? { gamma, beta } : undefined };
  return { linear: { matrix, aux: gpu.buffers.from('aux', aux), normed }, plain };
}

function apply(layer: PlainLinear, x: Float64Array, epsilon: number): Float64Array {
  const rows = layer.b.length;
  const K = layer.W.length / rows;
  const input = layer.norm ? layerNorm(x, layer.norm.gamma, layer.norm.beta, epsilon) : x;
  return linear(input, layer.W, layer.b, { T: x.length / K, K, rows });
}

function forward(plain: PlainModel, config: GPT2Config, ids: readonly number[]): Forward {
  const { nEmbd: C, nHead: NH, layerNormEpsilon: epsilon } = config;
  let x = embed(ids, 0, plain.wte, plain.wpe, C);
  const residuals = [x];
  const attention: Float64Array[][] = [];
  const plus = (left: Float64Array, right: Float64Array) =>
    left.map((value, i) => value + (right[i] as number));
  for (const [index, layer] of plain.layers.entries()) {
    const qkv = apply(layer.attn, x, epsilon);
    const part = (which: number) => qkv.filter((_, i) => Math.floor((i % (3 * C)) / C) === which);
    const input = {
      ...{ q: part(0), k: part(1), v: part(2) },
      ...{ heads: NH, headSize: C / NH, scale: attentionScale(config, index) },
    };
    const rows = ids.map((_, t) => attentionRow(input, t));
    attention.push(
      Array.from({ length: NH }, (_, head) => square(ids.length, (t) => attentionWeights(input, head, t))),
    );
    x = plus(x, apply(layer.attnProj, Float64Array.from(rows.flatMap((row) => [...row])), epsilon));
    const inner = apply(layer.fc, x, epsilon).map((value) => activate(config.activation, value));
    x = plus(x, apply(layer.fcProj, inner, epsilon));
    residuals.push(x);
  }
  return {
    residuals,
    attention,
    logits: (stage) => apply(plain.head, residuals[stage] as Float64Array, epsilon),
  };
}

function square(size: number, row: (t: number) => Float64Array): Float64Array {
  const out = new Float64Array(size * size);
  for (let t = 0; t < size; t++) out.set(row(t), t * size);
  return out;
}
