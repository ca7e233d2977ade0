import { assert, defined } from '../../lib/index.ts';
import {
  type Activation,
  type AttentionSpec,
  type Graph,
  type Node,
  type NodeOf,
  type Value,
  widthOf,
} from '../../model/index.ts';

/**
 * A buffer of rows, shared by values whose lifetimes do not overlap. `heads` rows hold q, k and v, each head padded to
 * the size the kernels use.
 */
export interface Slot {
  layout: 'rows' | 'heads';
  /** Floats per row, without padding. */
  width: number;
  /** Number of heads of q, of k and of v; undefined for plain rows. */
  heads?: number;
  index: number;
}

/** The epilogue of a matrix product, and where it writes. */
export type Output =
  | { as: 'store'; to: Slot }
  | { as: 'heads'; to: Slot }
  | { as: 'add'; to: Slot }
  | { as: 'activate'; to: Slot; activation: Activation };

export interface LinearStep {
  kind: 'linear';
  name: string;
  /** Floats per input row and per output row. */
  inputs: number;
  outputs: number;
  bias: boolean;
  /** The layer norm fused into this product. */
  norm: { name: string; epsilon: number } | undefined;
  from: Slot;
  output: Output;
}

/** An operation after fusion: one dispatch, or a few. */
export type Step =
  /** Sum of token and position embeddings. */
  | { kind: 'embed'; table: string; positions: string; width: number; to: Slot }
  /** A matrix product, with the operations fused into it. */
  | LinearStep
  /** Appends keys and values to the cache and computes attention. */
  | { kind: 'attention'; spec: AttentionSpec; headSize: number; from: Slot; to: Slot }
  /** Captures the rows of `from` or, with `pattern`, the attention pattern of its q and k. */
  | { kind: 'capture'; site: string; from: Slot; pattern: boolean }
  /** A layer norm that is not fused into a product. */
  | { kind: 'norm'; name: string; epsilon: number; width: number; from: Slot; to: Slot };

export type StepOf<Kind extends Step['kind']> = Extract<Step, { kind: Kind }>;

/** A lowered pass. The previous decode step has already written `embedded`; the head reads `hidden`. */
export interface Lowered {
  embed: StepOf<'embed'>;
  body: readonly Step[];
  head: readonly Step[];
  embedded: Slot;
  hidden: Slot;
  logits: Slot;
}

/**
 * Turns a recorded pass into steps for the GPU: the one place where operations are fused. A layer norm goes into the
 * product that follows; bias, activation and residual sum into the product before; q, k, v, pattern and weighted sum
 * into one attention. Anything that reads a value in between stops the fusion there.
 */
export function lower(graph: Graph): Lowered {
  return new Lowering(graph).run();
}

class Lowering {
  private readonly readers: Node[][];
  /** Remaining reads of each value; a slot is free once all its values have been read. */
  private readonly unread: number[];
  private readonly slots = new Map<Value, Slot>();
  private readonly norms = new Map<Value, NodeOf<'layerNorm'>>();
  private readonly fused = new Set<Value>();
  private readonly free: Slot[] = [];
  private made = 0;
  private readonly steps: Step[] = [];

  constructor(private readonly graph: Graph) {
    this.readers = graph.nodes.map(() => []);
    for (const node of graph.nodes) for (const input of node.inputs) this.readers[input]?.push(node);
    this.unread = this.readers.map((readers) => readers.length);
  }

  run(): Lowered {
    let bodyEnd = this.steps.length;
    for (const node of this.graph.nodes) {
      if (this.fused.has(node.id)) continue;
      if (node.op === 'selectPositions') bodyEnd = this.steps.length;
      this.node(node);
    }
    const [embed, ...rest] = this.steps;
    assert(embed?.kind === 'embed', 'a pass begins with its embeddings');
    return {
      embed,
      body: rest.slice(0, bodyEnd - 1),
      head: rest.slice(bodyEnd - 1),
      embedded: embed.to,
      hidden: this.slot(this.graph.hidden),
      logits: this.slot(this.graph.logits),
    };
  }

  private node(node: Node): void {
    switch (node.op) {
      case 'embed':
        this.embed(node);
        break;
      case 'layerNorm':
        this.layerNorm(node);
        break;
      case 'linear':
        this.linear(node);
        break;
      case 'attentionPattern':
        this.attention(node);
        break;
      case 'capture':
        this.capture(node, this.slot(node.inputs[0] as Value), false);
        this.read(node.inputs[0] as Value);
        break;
      case 'selectPositions':
        this.slots.set(node.id, this.slot(node.inputs[0] as Value));
        this.unread[node.inputs[0] as Value]!--;
        break;
      default:
        assert(false, `${node.op} is fused into another operation`);
    }
  }

  private embed(node: NodeOf<'embed'>): void {
    const sum = this.only(node, 'add');
    const positions = sum?.inputs.map((input) => this.graph.nodes[input]).find((other) => other !== node);
    assert(sum && positions?.op === 'embedPosition', 'token and position embeddings are added');
    const width = widthOf(node.shape);
    const to = this.take('rows', width);
    this.steps.push({ kind: 'embed', table: node.table, positions: positions.table, width, to });
    this.become(sum, to, positions);
  }

  /** Defers a norm to the product that follows; emits it as a step if there is none or it has other readers. */
  private layerNorm(node: NodeOf<'layerNorm'>): void {
    if (this.only(node, 'linear')) {
      this.norms.set(node.id, node);
      return;
    }
    const [input] = node.inputs as [Value];
    const from = this.slot(input);
    const width = widthOf(node.shape);
    const to = this.take('rows', width);
    this.steps.push({ kind: 'norm', name: node.norm, epsilon: node.epsilon, width, from, to });
    this.slots.set(node.id, to);
    this.read(input);
  }

  private linear(node: NodeOf<'linear'>): void {
    const norm = this.norms.get(node.inputs[0] as Value);
    const input = (norm ?? node).inputs[0] as Value;
    const from = this.slot(input);
    const { result, output } = this.output(node);
    this.steps.push({
      kind: 'linear',
      name: node.name,
      inputs: widthOf(defined(this.graph.nodes[input], 'input').shape),
      outputs: widthOf(node.shape),
      bias: node.bias,
      norm: norm && { name: norm.norm, epsilon: norm.epsilon },
      from,
      output,
    });
    this.become(result, output.to);
    this.read(input);
  }

  /** The epilogue of a product, and the node whose value the epilogue computes. */
  private output(node: NodeOf<'linear'>): { result: Node; output: Output } {
    const width = widthOf(node.shape);
    const readers = this.readers[node.id] ?? [];
    const [first] = readers;
    if (first?.op === 'part' && readers.every(({ op }) => op === 'part')) {
      for (const { id } of readers) this.fused.add(id);
      return {
        result: node,
        output: { as: 'heads', to: this.take('heads', width, first.shape[0]) },
      };
    }
    const activate = this.only(node, 'activate');
    if (activate) {
      const to = this.take('rows', width);
      return { result: activate, output: { as: 'activate', to, activation: activate.activation } };
    }
    const add = this.only(node, 'add');
    const other = add?.inputs.find((input) => input !== node.id);
    const stream = other === undefined ? undefined : this.slots.get(other);
    // The sum may overwrite the residual stream only if nothing else reads the stream afterwards.
    if (add && other !== undefined && stream && this.unread[other] === 1) {
      this.unread[other] = 0;
      return { result: add, output: { as: 'add', to: stream } };
    }
    return { result: node, output: { as: 'store', to: this.take('rows', width) } };
  }

  private attention(node: NodeOf<'attentionPattern'>): void {
    const readers = this.readers[node.id] ?? [];
    const captures = readers.filter((reader) => reader.op === 'capture');
    const sum = readers.find((reader) => reader.op === 'weightedSum');
    const parts = [...node.inputs, ...(sum?.inputs.slice(1) ?? [])].map((input) => this.graph.nodes[input]);
    const qkv = parts[0]?.inputs[0];
    const together = parts.every(
      (part, index) => part?.op === 'part' && part.part === index && part.inputs[0] === qkv,
    );
    assert(
      sum && qkv !== undefined && parts.length === 3 && together,
      'q, k and v of an attention are parts of one product',
    );
    const [, headSize] = sum.shape as [number, number];
    const from = this.slot(qkv);
    const to = this.take('rows', widthOf(sum.shape));
    this.steps.push({ kind: 'attention', spec: node.spec, headSize, from, to });
    for (const reader of captures) this.capture(reader, from, true);
    this.become(sum, to, ...captures);
    for (const _ of parts) this.read(qkv);
  }

  private capture({ site }: NodeOf<'capture'>, from: Slot, pattern: boolean): void {
    this.steps.push({ kind: 'capture', site, from, pattern });
  }

  /** The only reader of a value, if there is exactly one and it is this operation. */
  private only<Op extends Node['op']>(node: Node, op: Op): NodeOf<Op> | undefined {
    const [reader, ...others] = this.readers[node.id] ?? [];
    return reader?.op === op && others.length === 0 ? (reader as NodeOf<Op>) : undefined;
  }

  /** Records that the last step computes `node` and the nodes fused with it, and writes the value to `slot`. */
  private become(node: Node, slot: Slot, ...also: readonly Node[]): void {
    this.slots.set(node.id, slot);
    for (const { id } of [node, ...also]) this.fused.add(id);
  }

  private slot(value: Value): Slot {
    return defined(this.slots.get(value), `slot of value ${value}`);
  }

  private take(layout: Slot['layout'], width: number, heads?: number): Slot {
    const index = this.free.findIndex((slot) => slot.layout === layout && slot.width === width);
    return (
      this.free.splice(index, index < 0 ? 0 : 1)[0] ?? {
        layout,
        width,
        index: this.made++,
        ...(heads && { heads }),
      }
    );
  }

  /** Counts one read of a value; the last read frees its slot. */
  private read(value: Value): void {
    if (--this.unread[value]! > 0) return;
    const slot = this.slot(value);
    const held = [...this.slots].some(([other, its]) => its === slot && this.unread[other]! > 0);
    if (!held && value !== this.graph.hidden) this.free.push(slot);
  }
}
