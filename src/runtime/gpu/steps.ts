import type { Activation, AffineEdit, AttentionSpec } from '../../model/index.ts';

/**
 * A buffer of rows, shared by values whose lifetimes do not overlap. `heads` rows hold q, k and v, each head padded to
 * the size the kernels use; a `pattern` is [head][row][key].
 */
export interface Slot {
  layout: 'rows' | 'heads' | 'pattern';
  /** Floats per row, without padding; heads of a pattern. */
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

/** The place of a value: whole rows of a slot, or one of the parts q, k and v. */
export interface View {
  slot: Slot;
  part: number;
  /** Per position, as in the graph. */
  shape: readonly number[];
}

/** An operation after fusion: one dispatch, or a few. */
export type Step =
  /** Sum of token and position embeddings, or one of the two where it is watched. */
  | { kind: 'embed'; table?: string; positions?: string; width: number; to: Slot }
  /** A matrix product, with the operations fused into it. */
  | LinearStep
  /** Appends keys and values to the cache and computes attention. */
  | { kind: 'attention'; spec: AttentionSpec; headSize: number; from: Slot; to: Slot }
  /** Captures a value. A pattern without a slot of its own is computed from q and k, which `view` then names. */
  | { kind: 'capture'; site: string; view: View; pattern: boolean }
  /** A change of a watched value, in place. */
  | { kind: 'edit'; edit: AffineEdit; view: View }
  /** What a watched value keeps from being folded into a product or an attention. */
  | { kind: 'add'; from: Slot; to: Slot }
  | { kind: 'activate'; activation: Activation; width: number; at: Slot }
  | { kind: 'pattern'; spec: AttentionSpec; headSize: number; from: Slot; to: Slot }
  | { kind: 'weightedSum'; spec: AttentionSpec; headSize: number; pattern: Slot; from: Slot; to: Slot }
  /** A layer norm that is not fused into a product. */
  | { kind: 'norm'; name: string; epsilon: number; width: number; from: Slot; to: Slot };

export type StepOf<Kind extends Step['kind']> = Extract<Step, { kind: Kind }>;

/** A lowered pass. The previous decode step has already written `embedded`; the head reads `hidden`. */
export interface Lowered {
  /** One step, unless an embedding is watched. */
  embed: readonly Step[];
  body: readonly Step[];
  head: readonly Step[];
  embedded: Slot;
  hidden: Slot;
  logits: Slot;
}
