import { defineKernel, defineStruct, type KernelSource } from '../../gpu/index.ts';
import best from '../shared/best.wgsl?raw';
import { stateBinding, stateStructs } from '../state/state.ts';
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
  /** Ids from this one on are never chosen and never reported. */
  drawable: number;
  eosTokenIds: readonly number[];
}

/** u32s of one column's report. */
export function recordSize(alternatives: number): number {
  return 2 + 2 * alternatives;
}

export const runStruct = defineStruct('Run', {
  alternatives: 'pairs reported per token',
  ringRecords: 'steps the ring holds',
  sampled: "1: take the column's chosen",
  drawable: 'ids from here on are never chosen',
  eosCount: 'ids in eos',
  eos: ['array<vec4u, 2>', 'ids that end a text'],
});

/** The uniform `run`. */
export function packRun(run: PickRun): Uint32Array<ArrayBuffer> {
  const { alternatives, ringRecords, drawable } = run;
  const eos = run.eosTokenIds.slice(0, maxEosIds);
  return runStruct.pack({
    alternatives,
    ringRecords,
    sampled: run.sampled ? 1 : 0,
    drawable,
    eosCount: eos.length,
    eos,
  });
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
    structs: [...stateStructs, runStruct],
    bindings: [
      { name: 'logits', type: 'array<f32>', kind: 'read' },
      ...matrixBindings(shape.embedding),
      { name: 'wpe', type: 'array<vec4f>', kind: 'read' },
      { name: 'x', type: 'array<vec4f>', kind: 'write' },
      { ...stateBinding, kind: 'write' },
      { name: 'ring', type: 'array<u32>', kind: 'write' },
      { name: 'run', type: 'Run', kind: 'uniform' },
    ],
    parts: [...matrixParts(shape.embedding), best, pick],
  });
}
