import {
  applyEdit,
  type Edit,
  type GPT2Config,
  gpt2,
  type Node,
  type NodeOf,
  recordGraph,
  type Value,
  type Watch,
  widthOf,
} from '../../model/index.ts';
import { inputsOf, type Joining } from '../run-schedule.ts';
import { attend, queriesOf, sumValues } from './attention.ts';
import type { CpuCache } from './kv-cache.ts';
import { activateRows, addRows, layerNormRows } from './operations.ts';
import type { Rows } from './packed-matrix.ts';
import { accessOf, type Capture, headStart, Pass, type Program, type Token, type Values } from './pass.ts';
import { assignSlots, type ValueLocation } from './slots.ts';
import { type CpuWeights, matrixOf, vectorOf } from './weights.ts';

/** Executes the nodes of a pass in order, for any number of tokens of one or several sequences. */
export class CpuForward {
  private readonly buffers = new Map<number, Float32Array>();
  /** What passes execute unless told otherwise. */
  private current: Program;

  constructor(
    private readonly config: GPT2Config,
    private readonly model: CpuWeights,
    private readonly cache: CpuCache,
  ) {
    this.current = this.program();
  }

  /** Makes passes change these sites. */
  setEdits(edits: readonly Edit[]): void {
    this.current = this.program({ edits });
  }

  /** @throws VitrineError `invalid-argument` for a site the model does not have */
  program(watch?: Watch): Program {
    const graph = recordGraph(gpt2(this.config), watch);
    return { graph, locations: assignSlots(graph) };
  }

  /**
   * The residual stream after the last block, [T, C], valid until the next call. Keys and values join the cache;
   * tokens of one sequence come in order, and all before the first are cached. Yields between operations.
   * @param joining where sequences begin, if not all at once: as many tokens each, in the order of `tokens`
   * @param lastOnly whether the last row of each sequence is enough, [sequences, C]: the others leave when the last layer
   * has their keys and values
   */
  *run(
    tokens: readonly Token[],
    program = this.current,
    capture?: Capture,
    joining?: readonly Joining<Value>[],
    lastOnly = false,
  ): Generator<void, Rows> {
    const { nodes, hidden } = program.graph;
    for (const { sequence, position } of tokens) this.cache.ensure(sequence, position + 1);
    const pass = new Pass(program, tokens, capture);
    if (joining) pass.count = 0;
    const values: Values = [];
    const end = headStart(program.graph);
    const lastSum = lastOnly ? nodes.findLastIndex(({ op }) => op === 'weightedSum') : -1;
    for (let index = 0; index <= end; index++) {
      const begins = joining?.find(({ step }) => step === index);
      if (begins) pass.join(begins, values);
      const node = nodes[index];
      if (!node || index === end) break;
      if (index === lastSum) this.keepLast(node as NodeOf<'weightedSum'>, pass, values);
      values[node.id] = this.compute(node, pass, values);
      if (node.op === 'linear' || node.op === 'weightedSum') yield;
    }
    return values[hidden] as Rows;
  }

  /** Goes on with the last token of each sequence, once the values of all are cached. */
  private keepLast({ id, spec, inputs }: NodeOf<'weightedSum'>, pass: Pass, values: Values): void {
    this.cacheValues(spec.layer, values[inputs[1] as number] as Rows, pass.tokens);
    pass.keepLast(values, inputsOf(pass.program.graph.nodes.slice(id).map(accessOf)));
  }

  /**
   * Logits of rows of the residual stream, [T, V], valid until the next call.
   * @param tokens whose rows they are
   */
  head(x: Rows, tokens: readonly Token[], program = this.current, capture?: Capture): Rows {
    const { nodes, hidden, logits } = program.graph;
    const pass = new Pass(program, tokens, capture, x.count);
    const values: Values = [];
    values[hidden] = x;
    for (const node of nodes.slice(headStart(program.graph)))
      values[node.id] = this.compute(node, pass, values);
    return values[logits] as Rows;
  }

  private compute(node: Node, pass: Pass, values: Values): Rows {
    const [x, y] = node.inputs.map((input) => values[input]) as [Rows, Rows];
    switch (node.op) {
      case 'embed':
        return this.embed(node, pass);
      case 'embedPosition':
        return this.embedPosition(node, pass);
      case 'layerNorm':
        return this.layerNorm(node, x, pass);
      case 'linear':
        return this.linear(node, x, pass);
      case 'part':
        return { ...x, values: x.values.subarray(node.part * widthOf(node.shape)) };
      case 'attentionPattern':
        return this.pattern(node, x, y, pass);
      case 'weightedSum':
        return this.weightedSum(node, x, y, pass);
      case 'activate':
        return this.activate(node, this.writable(x, node, pass));
      case 'add':
        return addRows(this.writable(x, node, pass), y, widthOf(node.shape));
      case 'edit':
        return this.edit(node, this.writable(x, node, pass), pass);
      case 'selectPositions':
        return x;
      case 'capture':
        pass.capture?.(node.site, x, pass.keys);
        return x;
    }
  }

  private embed(node: NodeOf<'embed'>, pass: Pass): Rows {
    const C = widthOf(node.shape);
    const x = this.rows(pass, node, C);
    x.values.fill(0, 0, x.count * C);
    const table = matrixOf(this.model, node.table);
    for (const [t, { id }] of pass.tokens.entries()) this.model.math.addRow(table, id, x.values, t * C);
    return x;
  }

  private embedPosition(node: NodeOf<'embedPosition'>, pass: Pass): Rows {
    const C = widthOf(node.shape);
    const x = this.rows(pass, node, C);
    const table = vectorOf(this.model, node.table);
    for (const [t, { position }] of pass.tokens.entries())
      x.values.set(table.subarray(position * C, (position + 1) * C), t * C);
    return x;
  }

  private layerNorm(node: NodeOf<'layerNorm'>, x: Rows, pass: Pass): Rows {
    const out = this.rows(pass, node, widthOf(node.shape));
    const weight = vectorOf(this.model, `${node.norm}.weight`);
    const bias = vectorOf(this.model, `${node.norm}.bias`);
    layerNormRows(x, { weight, bias }, node.epsilon, out.values, this.cache.workspace);
    return out;
  }

  private activate({ shape, activation }: NodeOf<'activate'>, x: Rows): Rows {
    return activateRows(x, widthOf(shape), activation, this.cache.workspace);
  }

  private linear(node: NodeOf<'linear'>, x: Rows, pass: Pass): Rows {
    const matrix = this.model.matrices.get(`${node.name}.weight`) ?? matrixOf(this.model, node.name);
    const y = this.rows(pass, node, matrix.paddedRows);
    const bias = node.bias ? vectorOf(this.model, `${node.name}.bias`) : undefined;
    this.model.math.multiply(matrix, x, y.values, bias);
    return y;
  }

  /**
   * Appends the keys to the cache. The row of token t holds `keys` numbers per head; those of later positions are not
   * set.
   */
  private pattern(node: NodeOf<'attentionPattern'>, q: Rows, k: Rows, pass: Pass): Rows {
    const { layer, heads, scale } = node.spec;
    const { nEmbd: C } = this.config;
    const headSize = C / heads;
    const pattern = this.rows(pass, node, heads * pass.keys);
    const { tokens } = pass;
    for (const [t, { sequence, position }] of tokens.entries())
      this.cache.setKeys(sequence, layer, position, k.values, t * k.stride);
    const query = { ...q, scale };
    const queries = queriesOf(tokens, this.cache.workspace);
    for (let head = 0; head < heads; head++)
      for (const each of queries)
        attend(this.cache, { layer, head, headSize }, each, query, pattern, pass.keys);
    return pattern;
  }

  /** Appends the values to the cache and sums them by the pattern. */
  private weightedSum(node: NodeOf<'weightedSum'>, pattern: Rows, v: Rows, pass: Pass): Rows {
    const { layer, heads } = node.spec;
    const { nEmbd: C } = this.config;
    const headSize = C / heads;
    const z = this.rows(pass, node, C);
    const { tokens } = pass;
    this.cacheValues(layer, v, tokens);
    const queries = queriesOf(tokens, this.cache.workspace);
    for (let head = 0; head < heads; head++)
      for (const each of queries)
        sumValues(this.cache, { layer, head, headSize }, each, pattern, pass.keys, z);
    return z;
  }

  private cacheValues(layer: number, v: Rows, tokens: readonly Token[]): void {
    for (const [t, { sequence, position }] of tokens.entries())
      this.cache.setValues(sequence, layer, position, v.values, t * v.stride);
  }

  private edit({ edit, inputs, shape }: NodeOf<'edit'>, x: Rows, pass: Pass): Rows {
    const pattern = pass.program.graph.nodes[inputs[0] as number]?.op === 'attentionPattern';
    const width = pattern ? (shape[0] as number) * pass.keys : widthOf(shape);
    const heads = shape[0] as number;
    for (const [t, { position, sequence: run }] of pass.tokens.entries())
      applyEdit(edit, position, x.values, { at: t * x.stride, width, heads, run });
    return x;
  }

  /** The rows themselves where the plan writes over them, a copy elsewhere. */
  private writable(x: Rows, node: Node, pass: Pass): Rows {
    const [from, to] = [pass.program.locations[node.inputs[0] as number], pass.program.locations[node.id]];
    if (from === to) return x;
    const copy = this.rows(pass, node, x.stride);
    copy.values.set(x.values.subarray(0, Math.min(x.values.length, x.count * x.stride)));
    return copy;
  }

  /** The memory of a value's slot, used again by the next pass. */
  private rows({ program, count, capacity }: Pass, node: Node, stride: number): Rows {
    const { slot } = program.locations[node.id] as ValueLocation;
    let values = this.buffers.get(slot);
    if (!values || values.length < capacity * stride) {
      values = new Float32Array(capacity * stride);
      this.buffers.set(slot, values);
    }
    return { values, stride, count };
  }
}
