import { VitrineError } from '../lib/index.ts';
import type { Activation } from './config.ts';
import { type AffineEdit, affineEdit, type Edit, type RunEdit } from './edits.ts';

/** What a node computes, one row for each token position; a value is named by the index of its node. */
export type Value = number;

/** Attention of one block: heads, what the scores are multiplied by, and whose cache holds the keys and values. */
export interface AttentionSpec {
  layer: number;
  heads: number;
  scale: number;
}

/** The operations a forward pass is written in. Widths are floats per token position. */
export interface Ops {
  /** Row ids[t] of a table. */
  embed(table: string, width: number): Value;
  /** Row `position` of a table. */
  embedPosition(table: string, width: number): Value;
  /** (x - mean) / sd · weight + bias, the parameters `${norm}.weight` and `${norm}.bias`. */
  layerNorm(norm: string, x: Value, epsilon: number): Value;
  /** x Wᵀ + b. */
  linear(name: string, x: Value, width: number, options?: { bias: boolean }): Value;
  /** Equal parts of every row, each as heads: [parts · C] to `parts` times [NH, HS]. */
  splitHeads(x: Value, parts: number, heads: number): Value[];
  /** softmax(q kᵀ · scale) over the positions up to its own, [NH, T]; keys join the cache. */
  attentionPattern(q: Value, k: Value, spec: AttentionSpec): Value;
  /** pattern · v, head by head; values join the cache. */
  weightedSum(pattern: Value, v: Value, spec: AttentionSpec): Value;
  activate(x: Value, activation: Activation): Value;
  add(left: Value, right: Value): Value;
  /** From here on only the positions whose logits are asked for. */
  selectPositions(x: Value): Value;
  /** A place that may be looked at or changed; `x` itself when nobody does. */
  site(name: string, x: Value): Value;
}

interface NodeBase {
  id: Value;
  inputs: readonly Value[];
  /** Of one position: [width], or [NH, HS]; of a pattern [NH], each as long as there are keys. */
  shape: readonly number[];
}

/** One operation of a recorded pass: plain data, no buffers. */
export type Node = NodeBase &
  (
    | { op: 'embed'; table: string }
    | { op: 'embedPosition'; table: string }
    | { op: 'layerNorm'; norm: string; epsilon: number }
    | { op: 'linear'; name: string; bias: boolean }
    | { op: 'part'; part: number; parts: number }
    | { op: 'attentionPattern'; spec: AttentionSpec }
    | { op: 'weightedSum'; spec: AttentionSpec }
    | { op: 'activate'; activation: Activation }
    | { op: 'add' | 'selectPositions' }
    | { op: 'edit'; edit: AffineEdit }
    | { op: 'capture'; site: string }
  );

type Distribute<N, Op> = N extends { op: infer Own } ? (Op extends Own ? N & { op: Op } : never) : never;
/** Nodes of one operation. */
export type NodeOf<Op extends Node['op']> = Distribute<Node, Op>;

/** A recorded forward pass, in the order it was written. */
export interface Graph {
  nodes: readonly Node[];
  /** What the head reads: the input of `selectPositions`. */
  hidden: Value;
  logits: Value;
}

/** What is looked at and changed. Edits of a site come before its capture. */
export interface Watch {
  capture?: ReadonlySet<string>;
  edits?: readonly RunEdit[];
}

/** A forward pass written against {@link Ops}: returns the logits. */
export type Pass = (ops: Ops) => Value;

/**
 * Runs a pass once and records its nodes. A site that `watch` does not name leaves no trace.
 * @throws VitrineError `invalid-argument` for a site that the pass does not have, naming those it has
 */
export function recordGraph(pass: Pass, watch: Watch = {}): Graph {
  const recorder = new Recorder(watch);
  const logits = pass(recorder);
  recorder.checkSites();
  const select = recorder.nodes.find(({ op }) => op === 'selectPositions');
  return { nodes: recorder.nodes, hidden: select?.inputs[0] ?? logits, logits };
}

/** @throws VitrineError `invalid-argument` naming the edit, its site and what is wrong */
export function checkEdits(pass: Pass, edits: readonly Edit[]): void {
  if (!Array.isArray(edits)) throw new VitrineError('invalid-argument', '`edits` must be a list of edits.');
  const wrong = edits.find((edit) => typeof edit?.site !== 'string');
  if (wrong !== undefined)
    throw new VitrineError('invalid-argument', `An edit has no \`site\`: ${JSON.stringify(wrong)}.`);
  recordGraph(pass, { edits });
}

/** What one position holds at a site; a pattern holds as many numbers per head as there are positions. */
export interface SiteShape {
  shape: readonly number[];
  pattern: boolean;
}

/** Names and shapes of the sites of a pass, in its order. */
export function sitesOf(pass: Pass): ReadonlyMap<string, SiteShape> {
  const recorder = new Recorder({});
  pass(recorder);
  return recorder.sites;
}

class Recorder implements Ops {
  readonly nodes: Node[] = [];
  readonly sites = new Map<string, SiteShape>();

  constructor(private readonly watch: Watch) {}

  private push(node: WithoutId<Node>): Value {
    const id = this.nodes.length;
    this.nodes.push({ ...node, id } as Node);
    return id;
  }

  private shape(value: Value): readonly number[] {
    return (this.nodes[value] as Node).shape;
  }

  embed(table: string, width: number): Value {
    return this.push({ op: 'embed', table, inputs: [], shape: [width] });
  }

  embedPosition(table: string, width: number): Value {
    return this.push({ op: 'embedPosition', table, inputs: [], shape: [width] });
  }

  layerNorm(norm: string, x: Value, epsilon: number): Value {
    return this.push({ op: 'layerNorm', norm, epsilon, inputs: [x], shape: this.shape(x) });
  }

  linear(name: string, x: Value, width: number, { bias } = { bias: true }): Value {
    return this.push({ op: 'linear', name, bias, inputs: [x], shape: [width] });
  }

  splitHeads(x: Value, parts: number, heads: number): Value[] {
    const shape = [heads, widthOf(this.shape(x)) / parts / heads];
    return Array.from({ length: parts }, (_, part) =>
      this.push({ op: 'part', part, parts, inputs: [x], shape }),
    );
  }

  attentionPattern(q: Value, k: Value, spec: AttentionSpec): Value {
    return this.push({ op: 'attentionPattern', spec, inputs: [q, k], shape: [spec.heads] });
  }

  weightedSum(pattern: Value, v: Value, spec: AttentionSpec): Value {
    return this.push({ op: 'weightedSum', spec, inputs: [pattern, v], shape: this.shape(v) });
  }

  activate(x: Value, activation: Activation): Value {
    return this.push({ op: 'activate', activation, inputs: [x], shape: this.shape(x) });
  }

  add(left: Value, right: Value): Value {
    return this.push({ op: 'add', inputs: [left, right], shape: this.shape(left) });
  }

  selectPositions(x: Value): Value {
    return this.push({ op: 'selectPositions', inputs: [x], shape: this.shape(x) });
  }

  site(site: string, x: Value): Value {
    const shape = this.shape(x);
    this.sites.set(site, { shape, pattern: this.nodes[x]?.op === 'attentionPattern' });
    let value = x;
    for (const edit of this.watch.edits ?? []) {
      if (edit.site !== site) continue;
      value = this.push({ op: 'edit', edit: affineEdit(edit, shape), inputs: [value], shape });
    }
    if (this.watch.capture?.has(site)) this.push({ op: 'capture', site, inputs: [value], shape });
    return value;
  }

  /** Names a watched site that the pass does not have. */
  checkSites(): void {
    const watched = [...(this.watch.capture ?? []), ...(this.watch.edits ?? []).map(({ site }) => site)];
    const unknown = watched.find((site) => !this.sites.has(site));
    if (unknown === undefined) return;
    const names = [...new Set([...this.sites.keys()].map((name) => name.replace(/\.\d+\./, '.{layer}.')))];
    throw new VitrineError(
      'invalid-argument',
      `This model has no site '${unknown}'. It has ${names.join(', ')}.`,
    );
  }
}

type WithoutId<N> = N extends Node ? Omit<N, 'id'> : never;

/** Floats of one position. */
export function widthOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
