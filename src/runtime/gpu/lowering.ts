import { assert, defined } from '../../lib/index.ts';
import { type Graph, type Node, type NodeOf, type Value, widthOf } from '../../model/index.ts';
import { SlotTable } from './slot-table.ts';
import type { Lowered, Output, Slot, Step, View } from './steps.ts';

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
  private readonly slots: SlotTable;
  private readonly norms = new Map<Value, NodeOf<'layerNorm'>>();
  private readonly fused = new Set<Value>();
  private readonly parts = new Map<Value, number>();
  private readonly steps: Step[] = [];
  private embedded: Slot | undefined;

  constructor(private readonly graph: Graph) {
    this.readers = graph.nodes.map(() => []);
    for (const node of graph.nodes) for (const input of node.inputs) this.readers[input]?.push(node);
    const reads = this.readers.map((readers) => readers.length);
    this.slots = new SlotTable(reads, graph.hidden);
  }

  run(): Lowered {
    let [embedEnd, bodyEnd] = [0, 0];
    for (const node of this.graph.nodes) {
      if (this.fused.has(node.id)) continue;
      if (node.op === 'selectPositions') bodyEnd = this.steps.length;
      this.node(node);
      if (this.embedded) embedEnd ||= this.steps.length;
    }
    return {
      embed: this.steps.slice(0, embedEnd),
      body: this.steps.slice(embedEnd, bodyEnd),
      head: this.steps.slice(bodyEnd),
      embedded: defined(this.embedded, 'the sum of the embeddings'),
      hidden: this.slots.of(this.graph.hidden),
      logits: this.slots.of(this.graph.logits),
    };
  }

  private node(node: Node): void {
    switch (node.op) {
      case 'embed':
      case 'embedPosition':
        this.embed(node);
        break;
      case 'add':
        this.add(node);
        break;
      case 'activate':
        this.activate(node);
        break;
      case 'edit':
        this.edit(node);
        break;
      case 'weightedSum':
        this.weightedSum(node);
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
        this.capture(node, this.view(node.inputs[0] as Value));
        this.slots.read(node.inputs[0] as Value);
        break;
      case 'selectPositions':
        this.slots.passOn(node.inputs[0] as Value, node.id);
        break;
      default:
        assert(false, `${node.op} is fused into another operation`);
    }
  }

  private embed(node: NodeOf<'embed'> | NodeOf<'embedPosition'>): void {
    const sum = this.only(node, 'add');
    const other = sum?.inputs.map((input) => this.graph.nodes[input]).find((input) => input !== node);
    const width = widthOf(node.shape);
    const to = this.slots.take('rows', width);
    if (sum && node.op === 'embed' && other?.op === 'embedPosition' && this.only(other, 'add')) {
      this.steps.push({ kind: 'embed', table: node.table, positions: other.table, width, to });
      this.become(sum, to, other);
      this.embedded = to;
      return;
    }
    const name = node.op === 'embed' ? { table: node.table } : { positions: node.table };
    this.steps.push({ kind: 'embed', ...name, width, to });
    this.slots.set(node.id, to);
  }

  /** A sum that no product takes on its way: into the first of the two. */
  private add(node: Node): void {
    const [into, from] = node.inputs as [Value, Value];
    const to = this.slots.overwrite(into);
    this.steps.push({ kind: 'add', from: this.slots.of(from), to });
    this.slots.set(node.id, to);
    this.slots.read(from);
    this.embedded ??= to;
  }

  private activate(node: NodeOf<'activate'>): void {
    const at = this.slots.overwrite(node.inputs[0] as Value);
    this.steps.push({ kind: 'activate', activation: node.activation, width: widthOf(node.shape), at });
    this.slots.set(node.id, at);
  }

  private edit(node: NodeOf<'edit'>): void {
    const input = node.inputs[0] as Value;
    const view = this.view(input);
    this.slots.overwrite(input);
    this.steps.push({ kind: 'edit', edit: node.edit, view });
    this.slots.set(node.id, view.slot);
    const part = this.parts.get(input);
    if (part !== undefined) this.parts.set(node.id, part);
  }

  /** Defers a norm to the product that follows; emits it as a step if there is none or it has other readers. */
  private layerNorm(node: NodeOf<'layerNorm'>): void {
    if (this.only(node, 'linear')) {
      this.norms.set(node.id, node);
      return;
    }
    const [input] = node.inputs as [Value];
    const from = this.slots.of(input);
    const width = widthOf(node.shape);
    const to = this.slots.take('rows', width);
    this.steps.push({ kind: 'norm', name: node.norm, epsilon: node.epsilon, width, from, to });
    this.slots.set(node.id, to);
    this.slots.read(input);
  }

  private linear(node: NodeOf<'linear'>): void {
    const norm = this.norms.get(node.inputs[0] as Value);
    const input = (norm ?? node).inputs[0] as Value;
    const from = this.slots.of(input);
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
    this.slots.read(input);
  }

  /** The epilogue of a product, and the node whose value the epilogue computes. */
  private output(node: NodeOf<'linear'>): { result: Node; output: Output } {
    const width = widthOf(node.shape);
    const readers = this.readers[node.id] ?? [];
    const [first] = readers;
    if (first?.op === 'part' && readers.every(({ op }) => op === 'part')) {
      const to = this.slots.take('heads', width, first.shape[0]);
      for (const part of readers as NodeOf<'part'>[]) {
        this.become(part, to);
        this.parts.set(part.id, part.part);
      }
      this.slots.skip(node.id);
      return { result: node, output: { as: 'heads', to } };
    }
    const activate = this.only(node, 'activate');
    if (activate) {
      const to = this.slots.take('rows', width);
      return { result: activate, output: { as: 'activate', to, activation: activate.activation } };
    }
    const add = this.only(node, 'add');
    const other = add?.inputs.find((input) => input !== node.id);
    // The sum may overwrite the residual stream only if nothing else reads the stream afterwards.
    if (add && other !== undefined && this.slots.isLastRead(other))
      return { result: add, output: { as: 'add', to: this.slots.overwrite(other) } };
    return { result: node, output: { as: 'store', to: this.slots.take('rows', width) } };
  }

  private attention(node: NodeOf<'attentionPattern'>): void {
    const readers = this.readers[node.id] ?? [];
    const captures = readers.filter((reader) => reader.op === 'capture');
    const sum = readers.find((reader) => reader.op === 'weightedSum');
    const from = this.slots.of(node.inputs[0] as Value);
    // A value that is watched is computed between the two.
    const last = this.graph.nodes.find(({ op, id }) => op === 'weightedSum' && id > node.id);
    const v = last?.inputs[1] as Value;
    const unwatched = sum !== undefined && this.parts.has(v);
    const headSize = widthOf(last?.shape ?? []) / node.spec.heads;
    if (unwatched) {
      this.checkParts([...node.inputs, v]);
      const to = this.slots.take('rows', widthOf(sum.shape));
      this.steps.push({ kind: 'attention', spec: node.spec, headSize, from, to });
      for (const reader of captures as NodeOf<'capture'>[])
        this.capture(reader, { slot: from, part: 0, shape: node.shape });
      this.become(sum, to, ...captures);
      for (const part of [...node.inputs, v]) this.slots.read(part);
      return;
    }
    const to = this.slots.take('pattern', node.spec.heads);
    this.steps.push({ kind: 'pattern', spec: node.spec, headSize, from, to });
    this.slots.set(node.id, to);
    for (const part of node.inputs) this.slots.read(part);
  }

  /** Values by the weights of a pattern that has a buffer of its own. */
  private weightedSum(node: NodeOf<'weightedSum'>): void {
    const [pattern, v] = node.inputs as [Value, Value];
    const headSize = widthOf(node.shape) / node.spec.heads;
    const to = this.slots.take('rows', widthOf(node.shape));
    const from = this.slots.of(v);
    this.steps.push({
      kind: 'weightedSum',
      spec: node.spec,
      headSize,
      pattern: this.slots.of(pattern),
      from,
      to,
    });
    this.slots.set(node.id, to);
    this.slots.read(pattern);
    this.slots.read(v);
  }

  /** q, k and v are in one slot, in this order. */
  private checkParts(values: readonly Value[]): void {
    const slots = new Set(values.map((value) => this.slots.find(value)));
    const inOrder = values.every((value, index) => this.parts.get(value) === index);
    assert(slots.size === 1 && inOrder, 'q, k and v of an attention are parts of one product');
  }

  private view(value: Value): View {
    const { shape } = defined(this.graph.nodes[value], 'value');
    return { slot: this.slots.of(value), part: this.parts.get(value) ?? 0, shape };
  }

  private capture({ site }: NodeOf<'capture'>, view: View): void {
    this.steps.push({ kind: 'capture', site, view, pattern: site.endsWith('hook_pattern') });
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
}
