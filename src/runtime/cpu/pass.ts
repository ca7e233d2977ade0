import type { Graph, Node, Value } from '../../model/index.ts';
import type { Access, Joining } from '../run-schedule.ts';
import type { Rows } from './packed-matrix.ts';
import type { ValueLocation } from './slots.ts';

/** One token to compute, with its position and sequence. */
export interface Token {
  sequence: number;
  position: number;
  id: number;
}

/** A recorded pass, ready to be executed. */
export interface Program {
  graph: Graph;
  locations: readonly ValueLocation[];
}

/** Sees a captured site's rows, one for each token; they are valid during the call. A pattern's are `keys` per head. */
export type Capture = (site: string, rows: Rows, keys: number) => void;

/** Strided rows; `values` starts at the first row. */
export type Values = Rows[];

/** State of one pass. */
export class Pass {
  /** Numbers of a head in a row of a pattern. */
  readonly keys: number;
  /** Those whose sequences have begun. */
  tokens: readonly Token[];
  count: number;

  constructor(
    readonly program: Program,
    private readonly all: readonly Token[],
    readonly capture: Capture | undefined,
    /** Rows that there may be. */
    readonly capacity = all.length,
  ) {
    this.tokens = all;
    this.count = capacity;
    this.keys = all.reduce((most, { position }) => Math.max(most, position + 1), 0);
  }

  /** Begins sequences with the rows of those that they are the same as so far. */
  join({ runs, values: live }: Joining<Value>, values: Values): void {
    const length = this.keys;
    this.count += runs.length * length;
    this.tokens = this.all.slice(0, this.count);
    for (const value of live) {
      const rows = values[value] as Rows;
      const floats = rows.stride * length;
      for (const { run, from } of runs)
        if (run !== from) rows.values.copyWithin(run * floats, from * floats, (from + 1) * floats);
      values[value] = { ...rows, count: this.count };
    }
  }

  /** Goes on with the last row of each sequence. */
  keepLast(values: Values, live: readonly Value[]): void {
    const last = [...this.tokens.keys()].filter(
      (index) => this.tokens[index]?.sequence !== this.tokens[index + 1]?.sequence,
    );
    for (const value of live) values[value] = rowsAt(values[value] as Rows, last);
    this.tokens = last.map((index) => this.tokens[index] as Token);
    this.count = last.length;
  }
}

/** Some rows, in order, in the memory of all. */
function rowsAt({ values, stride }: Rows, indices: readonly number[]): Rows {
  const [only, ...others] = indices;
  if (others.length === 0) return { values: values.subarray((only as number) * stride), stride, count: 1 };
  for (const [to, from] of indices.entries())
    values.copyWithin(to * stride, from * stride, (from + 1) * stride);
  return { values, stride, count: indices.length };
}

/** The values that a node reads and writes, and whose run it changes. */
export function accessOf(node: Node): Access<Value> {
  return {
    reads: node.inputs,
    writes: [node.id],
    ...(node.op === 'edit' && { run: node.edit.run }),
  };
}

/** Index of the first node after the residual stream is complete. */
export function headStart({ nodes }: Pick<Graph, 'nodes'>): number {
  return nodes.findIndex(({ op }) => op === 'selectPositions');
}
