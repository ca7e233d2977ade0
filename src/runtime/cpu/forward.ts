import { activationFunction, attentionScale, type GPT2Config } from '../../model/index.ts';
import type { CpuCache } from './kv-cache.ts';
import { activateRows, addBias, addTo, attendRow, layerNormRows } from './operations.ts';
import { addRow, type Panels, type Rows } from './packed-matrix.ts';
import type { CpuBlock, CpuLinear, CpuNorm, CpuWeights } from './weights.ts';

/** One token to compute: where it stands and in which sequence. */
export interface Token {
  sequence: number;
  position: number;
  id: number;
}

/** What can be looked at while a pass goes on; arrays are only valid during the call. */
export interface Observer {
  /** The residual stream before the first block (stage 0) and after each. */
  stage?(stage: number, x: Rows): void;
  /** Attention weights of token t: positions 0 … its own. */
  attention?(layer: number, head: number, t: number, weights: Float64Array): void;
}

/** Forward passes over any number of tokens, of one or several sequences. T tokens, E channels, I inner width. */
export class CpuForward {
  private readonly buffers = new Map<string, Float32Array>();
  private readonly act: (x: number) => number;
  private readonly weights: Float64Array;

  constructor(
    private readonly config: GPT2Config,
    private readonly model: CpuWeights,
    private readonly cache: CpuCache,
    contextLength: number,
  ) {
    this.act = activationFunction(config.activation);
    this.weights = new Float64Array(contextLength);
  }

  /**
   * The residual stream after the last block, [T, E], valid until the next call. Keys and values join the cache;
   * tokens of one sequence come in order, and all before the first are cached. Yields between operations.
   */
  *run(tokens: readonly Token[], observer: Observer = {}): Generator<void, Rows> {
    const x = this.embed(tokens);
    observer.stage?.(0, x);
    for (const [layer, block] of this.model.h.entries()) {
      yield* this.block(layer, block, x, tokens, observer);
      observer.stage?.(layer + 1, x);
    }
    return x;
  }

  private embed(tokens: readonly Token[]): Rows {
    const { nEmbd: E } = this.config;
    const x = this.rows('x', tokens.length, E);
    for (const [t, { id, position, sequence }] of tokens.entries()) {
      this.cache.ensure(sequence, position + 1);
      x.values.set(this.model.wpe.subarray(position * E, (position + 1) * E), t * E);
      addRow(this.model.wte, id, x.values, t * E);
    }
    return x;
  }

  /** x += attention(ln_1(x)); x += mlp(ln_2(x)). */
  private *block(
    layer: number,
    { ln_1, attn, ln_2, mlp }: CpuBlock,
    x: Rows,
    tokens: readonly Token[],
    observer: Observer,
  ): Generator<void> {
    const qkv = this.multiply('qkv', this.norm(x, ln_1), attn.c_attn.weight); // [T, E] -> [T, 3E]
    addBias(qkv, attn.c_attn.bias);
    yield;
    const att = this.attend(layer, qkv, tokens, observer); // [T, 3E] -> [T, E]
    yield;
    this.project(x, att, attn.c_proj); // [T, E] -> [T, E]
    yield;
    const inner = this.multiply('inner', this.norm(x, ln_2), mlp.c_fc.weight); // [T, E] -> [T, I]
    activateRows(inner, mlp.c_fc.bias, this.act);
    yield;
    this.project(x, inner, mlp.c_proj); // [T, I] -> [T, E]
    yield;
  }

  private attend(layer: number, qkv: Rows, tokens: readonly Token[], observer: Observer): Rows {
    const { nEmbd: E, nHead: heads } = this.config;
    const scale = attentionScale(this.config, layer);
    const att = this.rows('att', tokens.length, E);
    for (const [t, { sequence, position }] of tokens.entries()) {
      const from = t * qkv.stride;
      const keys = this.cache.keys(sequence, layer);
      const values = this.cache.values(sequence, layer);
      keys.set(qkv.values.subarray(from + E, from + 2 * E), position * E);
      values.set(qkv.values.subarray(from + 2 * E, from + 3 * E), position * E);
      const look = observer.attention?.bind(observer);
      attendRow(
        {
          query: qkv.values,
          at: from,
          keys,
          values,
          length: position + 1,
          heads,
          headSize: E / heads,
          scale,
        },
        att.values,
        t * E,
        this.weights,
        look && ((head) => look(layer, head, t, this.weights.subarray(0, position + 1))),
      );
    }
    return att;
  }

  private project(x: Rows, input: Rows, { weight, bias }: CpuLinear): void {
    addTo(x, this.multiply('projected', input, weight), bias);
  }

  /** logits = lm_head(ln_f(x)), [T, V] with rows `stride` apart, valid until the next call. */
  head(x: Rows): Rows {
    return this.multiply('logits', this.norm(x, this.model.ln_f), this.model.lm_head);
  }

  private norm(x: Rows, norm: CpuNorm): Rows {
    const normed = this.rows('normed', x.count, this.config.nEmbd);
    layerNormRows(x, norm, this.config.layerNormEpsilon, normed.values);
    return normed;
  }

  private multiply(name: string, x: Rows, matrix: Panels): Rows {
    const y = this.rows(name, x.count, matrix.paddedRows);
    this.model.math.multiply(matrix, x, y.values);
    return y;
  }

  /** Memory that is used again by the next pass. */
  private rows(name: string, count: number, stride: number): Rows {
    let values = this.buffers.get(name);
    if (!values || values.length < count * stride) {
      values = new Float32Array(count * stride);
      this.buffers.set(name, values);
    }
    return { values, stride, count };
  }
}
