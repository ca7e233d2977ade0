import { defined } from '../../lib/index.ts';
import type { GPT2Config, Pass } from '../../model/index.ts';
import type { Matrix } from '../../shaders/index.ts';
import type { EditBuffers } from './edit-buffers.ts';
import type { LinearStep, Lowered } from './steps.ts';

/** y = x Wᵀ + b on the GPU: rows [out][in], and its vectors (bias; with a norm before it also gamma and W gamma). */
export interface Linear {
  matrix: Matrix;
  biasAndNorm: GPUBuffer;
  /** Epsilon of the layer norm that is folded in: its gamma and beta live in `biasAndNorm`. */
  normEpsilon: number | undefined;
}

/** Buffers of an attention besides q, k and v. */
export interface AttentionLayer {
  /** Uniform: the factor of the scores. */
  scale: GPUBuffer;
  /** [sequence][k, v][NH][HS / 4][P] of four dims. */
  kv: GPUBuffer;
}

/** A whole model on the GPU: its pass, as written and as lowered, and buffers by the names it uses. */
export interface GpuModel {
  config: GPT2Config;
  forward: Pass;
  pass: Lowered;
  embedding: Matrix; // [V, C]
  positions: GPUBuffer; // [P, C]
  linears: Map<string, Linear>;
  /** Products of `linears` as they are without the adapter, by the same names. */
  withoutAdapter: Map<string, Linear>;
  /** Gamma and beta of norms that no product follows, and of the last one. */
  norms: ReadonlyMap<string, GPUBuffer>;
  /** [L] */
  attention: AttentionLayer[];
  /** What the pass is changed by. */
  edits?: EditBuffers;
}

export function linearOf(model: GpuModel, { name }: Pick<LinearStep, 'name'>): Linear {
  return defined(model.linears.get(name), name);
}

/** Exchanges the products that an adapter changed with those of its base, or back. Programs made before are void. */
export function swapAdapter({ linears, withoutAdapter }: GpuModel): void {
  for (const [name, other] of withoutAdapter) {
    withoutAdapter.set(name, defined(linears.get(name), name));
    linears.set(name, other);
  }
}

/** The products of a pass, those of the head last. */
export function linearSteps({ body, head }: Pick<Lowered, 'body' | 'head'>): LinearStep[] {
  return [...body, ...head].filter((step) => step.kind === 'linear');
}

/** The widest product of the blocks, for every block; the head where there are none. */
export function widestLinears(model: GpuModel): Linear[] {
  const steps = linearSteps({ body: model.pass.body, head: [] });
  const widest = Math.max(...steps.map(({ outputs }) => outputs));
  const chosen = steps.filter(({ outputs }) => outputs === widest);
  return (chosen.length > 0 ? chosen : linearSteps(model.pass)).map((step) => linearOf(model, step));
}
