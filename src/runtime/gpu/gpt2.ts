import type { Activation, GPT2Config } from '../../model/index.ts';
import type { Matrix } from '../../shaders/index.ts';

// B sequences or columns, T tokens, C channels (n_embd), NH heads, HS head size, I inner width, V vocabulary, L layers

/** y = x Wᵀ + b on the GPU: rows [out][in], and its vectors (bias; with a norm before it also gamma and W gamma). */
export interface Linear {
  matrix: Matrix;
  aux: GPUBuffer;
  /** True when a layer norm stands before it: its gamma and beta live in `aux`. */
  normed: boolean;
}

/** One transformer block, by the checkpoint's names; ln_1 lives in c_attn, ln_2 in c_fc. */
export interface Block {
  attn: { c_attn: Linear; c_proj: Linear };
  mlp: { c_fc: Linear; c_proj: Linear };
  /** What attention scores are multiplied by in this layer: a uniform. */
  scale: GPUBuffer;
  /** [sequence][k, v][NH][HS / 4][P] of four dims. */
  kv: GPUBuffer;
}

/** The whole model on the GPU. */
export interface GPT2 {
  config: GPT2Config;
  wte: Matrix; // [V, C]
  wpe: GPUBuffer; // [P, C]
  h: Block[]; // [L]
  /** The head, wte again when tied, with ln_f before it. */
  lm_head: Linear; // [V, C]
}

/** The vectors that flow through a pass; `rows` of each. */
export interface Activations {
  x: GPUBuffer; // [rows, C] the residual stream
  qkv: GPUBuffer; // [rows, 3, NH, HS]
  att: GPUBuffer; // [rows, C]
  mlp: GPUBuffer; // [rows, I]
  logits: GPUBuffer; // [rows, V]
}

/** What a pass is made of. Decode and prefill each say how they do it. */
export interface Operations {
  /** out = f(norm?(input) Wᵀ + b) */
  linear(name: string, layer: Linear, input: GPUBuffer, output: Output): void;
  /** Causal attention of the rows of qkv over the cache, which they join. */
  attention(block: Block, qkv: GPUBuffer, att: GPUBuffer): void;
}

export type Output =
  | { to: GPUBuffer; as: 'vector'; length: number }
  | { to: GPUBuffer; as: 'heads' }
  | { to: GPUBuffer; as: 'residual'; length: number }
  | { to: GPUBuffer; as: 'activation'; length: number; activation: Activation };

/** One block: x += attention(ln_1(x)); x += mlp(ln_2(x)). */
export function block(ops: Operations, model: GPT2, a: Activations, layer: Block): void {
  const { nEmbd: C, nInner: I, activation } = model.config;
  ops.linear('c_attn', layer.attn.c_attn, a.x, { to: a.qkv, as: 'heads' }); // [T, C] -> [T, 3, NH, HS]
  ops.attention(layer, a.qkv, a.att); // [T, 3, NH, HS] -> [T, C]
  ops.linear('attn.c_proj', layer.attn.c_proj, a.att, { to: a.x, as: 'residual', length: C }); // [T, C] -> [T, C]
  ops.linear('c_fc', layer.mlp.c_fc, a.x, { to: a.mlp, as: 'activation', length: I, activation }); // [T, C] -> [T, I]
  ops.linear('mlp.c_proj', layer.mlp.c_proj, a.mlp, { to: a.x, as: 'residual', length: C }); // [T, I] -> [T, C]
}

/** All blocks, in order. */
export function blocks(ops: Operations, model: GPT2, a: Activations): void {
  for (const layer of model.h) block(ops, model, a, layer);
}

/** logits = lm_head(ln_f(x)) */
export function head(ops: Operations, model: GPT2, a: Activations): void {
  const { vocabSize: V } = model.config;
  ops.linear('lm_head', model.lm_head, a.x, { to: a.logits, as: 'vector', length: V }); // [T, C] -> [T, V]
}
