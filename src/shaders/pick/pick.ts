import { defineKernel, type KernelSource } from '../../gpu/index.ts';
import { stateBinding, stateWgsl } from '../state/state.ts';
import { type MatrixFormat, matrixBindings, matrixConstants, matrixParts } from '../weights/weights.ts';
import pick from './pick.wgsl?raw';

/** Most end-of-text ids a run can watch for, and most alternatives it can report. */
export const maxEosIds = 8;
export const maxAlternatives = 20;

export interface PickShape {
  /** wte, [V][E]. */
  embedding: MatrixFormat;
  columns: number;
  /** Floats between columns of x, and between rows of wpe. */
  inputStride: number;
  /** Floats between columns of logits. */
  logitsStride: number;
  /** Positions in wpe that may be used. */
  context: number;
  lanes: number;
}

export interface PickRun {
  alternatives: number;
  ringRecords: number;
  sampled: boolean;
  eosTokenIds: readonly number[];
}

/** u32s of one column's report. */
export function recordSize(alternatives: number): number {
  return 2 + 2 * alternatives;
}

/** The uniform `run`, as struct Run in pick.wgsl. */
export function packRun(run: PickRun): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(12);
  const eos = run.eosTokenIds.slice(0, maxEosIds);
  words.set([run.alternatives, run.ringRecords, run.sampled ? 1 : 0, eos.length, ...eos]);
  return words;
}

/** Bindings: logits, wte w0 …, scales, wpe, x, state, ring, run. One workgroup. */
export function pickKernel(shape: PickShape): KernelSource {
  return defineKernel({
    name: `pick v${shape.embedding.rows} ${shape.embedding.dtype} c${shape.columns}`,
    constants: {
      ...matrixConstants(shape.embedding),
      V: shape.embedding.rows,
      NC: shape.columns,
      X_STRIDE4: shape.inputStride / 4,
      LOGITS_STRIDE: shape.logitsStride,
      CONTEXT: shape.context,
      WG: shape.lanes,
    },
    bindings: [
      { name: 'logits', type: 'array<f32>', kind: 'read' },
      ...matrixBindings(shape.embedding),
      { name: 'wpe', type: 'array<vec4f>', kind: 'read' },
      { name: 'x', type: 'array<vec4f>', kind: 'write' },
      { ...stateBinding, kind: 'write' },
      { name: 'ring', type: 'array<u32>', kind: 'write' },
      { name: 'run', type: 'Run', kind: 'uniform' },
    ],
    parts: [stateWgsl, ...matrixParts(shape.embedding), pick],
  });
}
