import { CpuWeightLoader, createCpuRuntime as createRuntime } from '../runtime/index.ts';
import { cpuAdapter } from './adapter.ts';
import type { ResolvedCheckpoint } from './resolved-checkpoint.ts';
import type { LoadedRuntime } from './session.ts';
import { uploadWeights } from './upload-weights.ts';

/** The model on the CPU. Loaded only where no GPU is used. */
export async function createCpuRuntime(resolved: ResolvedCheckpoint): Promise<LoadedRuntime> {
  const { config, table } = resolved;
  const loader = new CpuWeightLoader(config, table);
  await uploadWeights(resolved, loader);
  const runtime = createRuntime(config, loader.finish(), { contextLength: config.nPositions });
  return { runtime, dtype: 'f32', adapter: cpuAdapter };
}
