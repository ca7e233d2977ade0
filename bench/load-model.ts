import {
  createRuntime,
  type LoadedRuntime,
  type ResolvedCheckpoint,
  resolveCheckpoint,
} from '../src/engine/index.ts';
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
  backend: 'gpu' | 'cpu' = 'gpu',
): Promise<LoadedRuntime> {
  return createRuntime(resolved, { dtype, backend, autotune });
}
