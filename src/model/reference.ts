import { defined } from '../lib/index.ts';
import { activationFunction } from './activation.ts';
import type { GPT2Config } from './config.ts';
import { applyEdit } from './edits.ts';
import { gpt2 } from './gpt2.ts';
import { type Graph, type Node, type NodeOf, type Pass, recordGraph, type Watch, widthOf } from './graph.ts';

/**
 * Values of a checkpoint by role (`wte`, `ln_f.bias`, `lm_head` unless tied), in blocks `h.{layer}.{role}`.
 * Conv1D matrices are [in, out], as they are stored.
 */
export type ReferenceWeights = ReadonlyMap<string, Float32Array>;

type Vector = Float64Array;

/** What a run captured at a site: [T, C], [T, NH, HS], or a pattern [NH, T, T]. */
export interface Captured {
  shape: number[];
  data: Float64Array;
}

export interface ReferenceRun {
  captured: ReadonlyMap<string, Captured>;
  /** Logits at position t, [V]. */
  logits(t: number): Vector;
  /** Logits of any row of the residual stream, [C] -> [V]. */
  head(x: Vector): Vector;
}

/**
 * Executes a recorded pass over one sequence in f64, one plain loop after the other. The other implementations are
 * tested against it.
 */
function runReference(graph: Graph, weights: ReferenceWeights, ids: readonly number[]): ReferenceRun {
  const executor = new Reference(graph, weights, ids);
  const captured = new Map<string, Captured>();
  for (const node of graph.nodes) {
    if (node.op === 'capture') captured.set(node.site, executor.capture(node));
    else if (node.id !== graph.logits) executor.compute(node);
  }
  return {
    captured,
    logits: (t) => executor.logits(t),
    head: (x) => executor.head(x),
  };
}

/** Runs a pass with these sites captured and edited. */
export function referencePass(
  pass: Pass,
  weights: ReferenceWeights,
  ids: readonly number[],
  watch: Watch = {},
): ReferenceRun {
  return runReference(recordGraph(pass, watch), weights, ids);
}

/** GPT-2 without any change, for tests. */
export function referenceForward(
  config: GPT2Config,
  weights: ReferenceWeights,
  ids: readonly number[],
  capture: readonly string[] = [],
): ReferenceRun {
  return referencePass(gpt2(config), weights, ids, { capture: new Set(capture) });
}

class Reference {
  /** By node: a row for each position. */
  private readonly values: Vector[][] = [];

  constructor(
    private readonly graph: Graph,
    private readonly weights: ReferenceWeights,
    private readonly ids: readonly number[],
  ) {}

  compute(node: Node): void {
    this.values[node.id] = this.ids.map((_, t) => this.row(node, t, (input) => this.at(input, t)));
  }

  logits(t: number): Vector {
    const node = defined(this.graph.nodes[this.graph.logits], 'logits');
    return this.row(node, t, (input) => this.at(input, t));
  }

  /** The nodes after `hidden`, on one row. */
  head(x: Vector): Vector {
    const values = new Map([[this.graph.hidden, x]]);
    for (const node of this.graph.nodes.slice(this.graph.hidden + 1))
      if (node.op !== 'capture')
        values.set(
          node.id,
          this.row(node, 0, (input) => defined(values.get(input), 'row of the head')),
        );
    return defined(values.get(this.graph.logits), 'logits');
  }

  private at(value: number, t: number): Vector {
    return defined(this.values[value]?.[t], `value ${value}`);
  }

  private parameter(name: string): Float32Array {
    return defined(this.weights.get(name), name);
  }

  /** Row t of a node's value; `input` gives the rows of what it reads. */
  private row(node: Node, t: number, input: (value: number) => Vector): Vector {
    const [x, y] = node.inputs as [number, number];
    switch (node.op) {
      case 'embed':
        return tableRow(this.parameter(node.table), this.ids[t] as number, widthOf(node.shape));
      case 'embedPosition':
        return tableRow(this.parameter(node.table), t, widthOf(node.shape));
      case 'layerNorm':
        return this.layerNorm(node, input(x));
      case 'linear':
        return this.linear(node, input(x));
      case 'part': {
        const width = widthOf(node.shape);
        return input(x).slice(node.part * width, (node.part + 1) * width);
      }
      case 'attentionPattern':
        return this.pattern(node, t);
      case 'weightedSum':
        return this.weightedSum(node, t);
      case 'activate':
        return input(x).map(activationFunction(node.activation));
      case 'add':
        return input(x).map((value, i) => value + input(y)[i]!);
      case 'edit':
        return this.edit(node, t, input(x));
      case 'selectPositions':
      case 'capture':
        return input(x);
    }
  }

  private layerNorm({ norm, epsilon }: NodeOf<'layerNorm'>, x: Vector): Vector {
    const [gamma, beta] = [this.parameter(`${norm}.weight`), this.parameter(`${norm}.bias`)];
    const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
    const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
    return x.map((value, i) => ((value - mean) / Math.sqrt(variance + epsilon)) * gamma[i]! + beta[i]!);
  }

  /** x W + b with W [in, out]; the head, tied or not, is [out, in]. */
  private linear({ name, bias, shape }: NodeOf<'linear'>, x: Vector): Vector {
    const conv1d = this.weights.get(`${name}.weight`);
    const y = bias ? Float64Array.from(this.parameter(`${name}.bias`)) : new Float64Array(widthOf(shape));
    if (conv1d) {
      for (let i = 0; i < x.length; i++)
        for (let o = 0; o < y.length; o++) y[o]! += x[i]! * conv1d[i * y.length + o]!;
      return y;
    }
    const W = this.weights.get(name) ?? this.parameter('wte');
    for (let o = 0; o < y.length; o++)
      for (let i = 0; i < x.length; i++) y[o]! += x[i]! * W[o * x.length + i]!;
    return y;
  }

  /** [NH, T]: softmax(q kᵀ · scale), zero after position t. */
  private pattern({ inputs, spec }: NodeOf<'attentionPattern'>, t: number): Vector {
    const T = this.ids.length;
    const [q, k] = inputs as [number, number];
    const query = this.at(q, t);
    const size = query.length / spec.heads;
    const pattern = new Float64Array(spec.heads * T);
    for (let head = 0; head < spec.heads; head++) {
      const scores = Array.from({ length: t + 1 }, (_, j) => {
        const key = this.at(k, j);
        let sum = 0;
        for (let d = head * size; d < (head + 1) * size; d++) sum += query[d]! * key[d]!;
        return sum * spec.scale;
      });
      pattern.set(softmax(scores), head * T);
    }
    return pattern;
  }

  private weightedSum({ inputs, spec, shape }: NodeOf<'weightedSum'>, t: number): Vector {
    const T = this.ids.length;
    const [pattern, v] = inputs as [number, number];
    const weights = this.at(pattern, t);
    const size = widthOf(shape) / spec.heads;
    const z = new Float64Array(widthOf(shape));
    for (let j = 0; j < T; j++) {
      const value = this.at(v, j);
      for (let i = 0; i < z.length; i++) z[i]! += weights[Math.floor(i / size) * T + j]! * value[i]!;
    }
    return z;
  }

  private edit({ edit, inputs, shape }: NodeOf<'edit'>, t: number, x: Vector): Vector {
    const values = x.slice();
    const pattern = this.graph.nodes[inputs[0] as number]?.op === 'attentionPattern';
    const heads = shape[0] as number;
    applyEdit(edit, t, values, { at: 0, width: values.length, heads });
    // A pattern stays causal: positions to come are not seen.
    for (let i = 0; pattern && i < values.length; i++) if (i % this.ids.length > t) values[i] = 0;
    return values;
  }

  capture(node: NodeOf<'capture'>): Captured {
    const T = this.ids.length;
    const rows = this.ids.map((_, t) => this.at(node.inputs[0] as number, t));
    const width = rows[0]?.length ?? 0;
    const [heads] = node.shape as [number];
    const data = new Float64Array(T * width);
    if (!node.site.endsWith('hook_pattern')) {
      for (const [t, row] of rows.entries()) data.set(row, t * width);
      return { shape: [T, ...node.shape], data };
    }
    for (const [t, row] of rows.entries())
      for (let head = 0; head < heads; head++)
        data.set(row.subarray(head * T, (head + 1) * T), (head * T + t) * T);
    return { shape: [heads, T, T], data };
  }
}

function softmax(scores: readonly number[]): Vector {
  const top = scores.reduce((left, right) => Math.max(left, right));
  const weights = Float64Array.from(scores, (score) => Math.exp(score - top));
  const sum = weights.reduce((all, weight) => all + weight, 0);
  return weights.map((weight) => weight / sum);
}

function tableRow(table: Float32Array, index: number, width: number): Vector {
  return Float64Array.from(table.subarray(index * width, (index + 1) * width));
}
