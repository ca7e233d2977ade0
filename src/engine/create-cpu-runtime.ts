import { type CpuDtype, CpuWeightLoader, createCpuRuntime as createRuntime } from '../runtime/index.ts';
import type { WeightDtype } from '../shaders/index.ts';
import { cpuAdapter } from './adapter.ts';
import type { ResolvedCheckpoint } from './resolved-checkpoint.ts';
import type { LoadedRuntime } from './session.ts';
import { uploadWeights } from './upload-weights.ts';

/** The form that comes closest to a dtype: weights of a byte or less are what they are on the GPU, all others f32. */
function cpuDtype(dtype: WeightDtype | undefined): CpuDtype {
  return dtype === 'int8' || dtype === 'int4' ? dtype : 'f32';
}

/** The model on the CPU. Loaded only where no GPU is used. */
export async function createCpuRuntime(
  resolved: ResolvedCheckpoint,
  wanted?: WeightDtype,
): Promise<LoadedRuntime> {
  const { config, table } = resolved;
  const dtype = cpuDtype(wanted);
  const loader = new CpuWeightLoader(config, table, dtype);
  await uploadWeights(resolved, loader);
  const runtime = createRuntime(config, loader.finish(), { contextLength: config.nPositions });
  return { runtime, dtype, adapter: cpuAdapter };
}
