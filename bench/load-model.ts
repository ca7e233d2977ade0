import {
  createRuntime,
  type LoadedRuntime,
  type ResolvedCheckpoint,
  resolveCheckpoint,
} from '../src/engine/index.ts';
import type { Runtime } from '../src/runtime/index.ts';
import { greedySampling } from '../src/sampling/index.ts';
import { type ModelSource, openCheckpoint } from '../src/weights/index.ts';
import { randomCheckpoint } from './random-checkpoint.ts';

export type BenchDtype = 'f32' | 'f16' | 'int8' | 'int4';

/** A model for the bench: `random:gpt2`, or anything the library loads. It needs no tokenizer. */
export async function resolveSource(source: ModelSource, bundledBase?: string): Promise<ResolvedCheckpoint> {
  if (typeof source === 'string' && source.startsWith('random:')) return randomCheckpoint(source.slice(7));
  const checkpoint = await openCheckpoint(source, { bundledBase });
  return resolveCheckpoint(checkpoint);
}

export function createBenchRuntime(
  resolved: ResolvedCheckpoint,
  dtype: BenchDtype,
  autotune: boolean,
): Promise<LoadedRuntime> {
  return createRuntime(resolved, { dtype, backend: 'gpu', autotune });
}

/** Generates greedy tokens after the content of sequence 0, which is `context`. */
export async function decodeGreedy(
  runtime: Runtime,
  context: readonly number[],
  count: number,
): Promise<number[]> {
  const ids: number[] = [];
  const request = {
    sequences: [0],
    contexts: [{ ids: context, promptLength: context.length }],
    sampling: greedySampling,
    firstDraw: 0,
    maxSteps: count,
    eosTokenIds: [],
    alternatives: 0,
  };
  for await (const [token] of runtime.decode(request)) if (token) ids.push(token.id);
  return ids;
}
