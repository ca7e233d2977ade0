import type { MatrixMath } from '../../src/runtime/cpu/packed-matrix.ts';
import {
  CpuWeightLoader,
  type CpuWeights,
  createCpuRuntime,
  decodeGreedily,
  type Runtime,
} from '../../src/runtime/index.ts';
import type { TestCheckpoint } from './checkpoint.ts';

/** Brings a checkpoint to the CPU in pieces of the given size. */
export function loadCpuWeights(
  checkpoint: TestCheckpoint,
  pieceBytes = 1 << 20,
  form?: 'f32' | 'int8' | 'int4' | MatrixMath,
): CpuWeights {
  const loader = new CpuWeightLoader(checkpoint.config, checkpoint.table, form);
  for (const tensor of checkpoint.tensors.values()) {
    const bytes = checkpoint.bytes(tensor);
    for (let at = 0; at < bytes.length; at += pieceBytes)
      loader.write(tensor, at, bytes.subarray(at, at + pieceBytes));
  }
  return loader.finish();
}

export function cpuRuntime(
  checkpoint: TestCheckpoint,
  contextLength = checkpoint.config.nPositions,
  form?: 'f32' | 'int8' | 'int4' | MatrixMath,
): Runtime {
  const weights = loadCpuWeights(checkpoint, undefined, form);
  return createCpuRuntime(checkpoint.config, weights, { contextLength });
}

/** NaN if any of the numbers is. */
export function largestDifference(left: ArrayLike<number>, right: ArrayLike<number>): number {
  if (left.length !== right.length) throw new Error(`${left.length} and ${right.length} numbers`);
  let largest = 0;
  for (let i = 0; i < left.length; i++) {
    const difference = Math.abs((left[i] as number) - (right[i] as number));
    if (Number.isNaN(difference)) return difference;
    largest = Math.max(largest, difference);
  }
  return largest;
}

/** Tokens of one sequence, the likeliest each time. */
export async function greedy(runtime: Runtime, ids: readonly number[], count: number): Promise<number[]> {
  await runtime.prefill(0, 0, ids);
  return decodeGreedily(runtime, ids, count);
}
