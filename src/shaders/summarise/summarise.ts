import { defineKernel, defineStruct, type KernelSource } from '../../gpu/index.ts';
import best from '../shared/best.wgsl?raw';
import summariseRows from './summarise.wgsl?raw';

/** u32s of a record before its pairs: log-probability of the target, log of the sum of exp, entropy, rank of the target. */
export const summaryHead = 4;

/** u32s of one row's record: its head, then pairs of id and logit. */
export function summarySize(top: number): number {
  return summaryHead + 2 * top;
}

export const summaryStruct = defineStruct('Summary', {
  top: 'pairs per row',
  first: 'row of targets and records of the first row of logits',
});

/** The uniform `summary`: pairs a row, and which row of targets and records the first row of logits is. */
export function packSummary(top: number, first: number): Uint32Array<ArrayBuffer> {
  return summaryStruct.pack({ top, first });
}

/**
 * Per row of logits: the log-probability and the rank of a target id, the entropy in nats, and the likeliest ids.
 * Bindings: logits, targets, records, summary. Grid: one workgroup a row.
 */
export function summariseRowsKernel(vocabSize: number, logitsStride: number): KernelSource {
  return defineKernel({
    name: `summarise v${vocabSize}`,
    constants: { V: vocabSize, LOGITS_STRIDE: logitsStride, WG: 128, HEAD: summaryHead },
    structs: [summaryStruct],
    bindings: [
      { name: 'logits', type: 'array<f32>', kind: 'read' },
      { name: 'targets', type: 'array<u32>', kind: 'read' },
      { name: 'records', type: 'array<u32>', kind: 'write' },
      { name: 'summary', type: 'Summary', kind: 'uniform' },
    ],
    parts: [best, summariseRows],
  });
}
