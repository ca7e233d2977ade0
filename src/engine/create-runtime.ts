import { adoptDevice, type Gpu, openGpu, platformGpu } from '../gpu/index.ts';
import { isAbort, throwIfAborted, VitrineError } from '../lib/index.ts';
import { GpuRuntime, GpuWeightLoader } from '../runtime/index.ts';
import type { KvDtype, WeightDtype } from '../shaders/index.ts';
import { summariseGpu } from './adapter.ts';
import type { LoadOptions } from './load-options.ts';
import { type MemoryPlan, planFor, planFormats } from './memory-plan.ts';
import { reportPhase } from './report-phase.ts';
import type { ResolvedCheckpoint } from './resolved-checkpoint.ts';
import type { LoadedRuntime } from './session.ts';
import {
  chosen,
  disableWrongSubgroups,
  isTuned,
  recallTuning,
  thoroughBudget,
  tune,
  untuned,
  visitBudget,
} from './tuning.ts';
import { uploadWeights } from './upload-weights.ts';

const loading = 'Loading the model';
const warmMoreAfterMs = 2000;

const dtypes: readonly WeightDtype[] = ['f32', 'f16', 'int8', 'int4'];

/**
 * Opens a device, uploads the weights and creates the runtime.
 * @throws VitrineError of the checkpoint or the device; the device has been destroyed then.
 */
export async function createRuntime(
  resolved: ResolvedCheckpoint,
  options: LoadOptions,
): Promise<LoadedRuntime> {
  const { dtype, signal } = options;
  if (dtype !== undefined && !dtypes.includes(dtype))
    throw new VitrineError('invalid-argument', `dtype is '${dtype}'; use ${dtypes.join(', ')}.`);
  throwIfAborted(signal, loading);
  const gpu = await openDevice(options);
  if (!gpu) return (await import('./create-cpu-runtime.ts')).createCpuRuntime(resolved, dtype);
  // On abort, cancel queued compilations.
  const cancel = () => gpu.kernels.close();
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    throwIfAborted(signal, loading);
    return await createGpuRuntime(gpu, resolved, options);
  } catch (error) {
    gpu.destroy();
    throwIfAborted(signal, loading);
    throw error;
  } finally {
    signal?.removeEventListener('abort', cancel);
  }
}

/** The requested device; undefined when the CPU is to be used. */
async function openDevice({ backend = 'auto', device }: LoadOptions): Promise<Gpu | undefined> {
  if (backend !== 'auto' && backend !== 'gpu' && backend !== 'cpu')
    throw new VitrineError('invalid-argument', `backend is '${backend}'; use 'auto', 'gpu' or 'cpu'.`);
  if (device) return adoptDevice(device);
  if (backend === 'cpu') return undefined;
  if (backend === 'auto' && !platformGpu()) return undefined;
  try {
    return await openGpu();
  } catch (error) {
    const missing = error instanceof VitrineError && error.code === 'webgpu-unavailable';
    if (backend === 'auto' && missing) return undefined;
    throw error;
  }
}

async function createGpuRuntime(
  gpu: Gpu,
  resolved: ResolvedCheckpoint,
  options: LoadOptions,
): Promise<LoadedRuntime> {
  const adapter = summariseGpu(gpu.info);
  const formats = planFormats(resolved, adapter, options.dtype);
  const { dtype } = formats;
  try {
    const { runtime, tune } = await loadWeights(gpu, resolved, formats, options);
    // Kernels that short prompts do not need compile later, in the background.
    setTimeout(() => void runtime.warmMore().catch(() => {}), warmMoreAfterMs);
    return { runtime, dtype, adapter, tune };
  } catch (error) {
    // After a device loss the first error is often unrelated.
    const lost = await Promise.race([gpu.lost, Promise.resolve(undefined)]);
    if (!lost || isAbort(error)) throw await withSuggestion(error, dtype, () => planFor(resolved, adapter));
    throw new VitrineError('device-lost', `The GPU was lost while loading: ${lost.reason}`, {
      cause: error,
    });
  }
}

/** The error; if it is `out-of-memory`, with a dtype that fits. */
async function withSuggestion(error: unknown, dtype: WeightDtype, plan: () => MemoryPlan): Promise<unknown> {
  if (!(error instanceof VitrineError && error.code === 'out-of-memory')) return error;
  const module = await import('./suggest-dtype.ts').catch(() => undefined);
  return module?.suggestSmallerDtype(error, plan(), dtype) ?? error;
}

/** Uploads the weights and compiles the kernels of the first tokens; `tune` chooses others by timing them later. */
async function loadWeights(
  gpu: Gpu,
  resolved: ResolvedCheckpoint,
  { dtype, kv }: { dtype: WeightDtype; kv: KvDtype },
  options: LoadOptions,
) {
  const { config, table } = resolved;
  const context = config.nPositions;
  const loader = await GpuWeightLoader.create(gpu, config, table, { dtype, kv, context, sequences: 1 });
  const { model } = loader;
  await disableWrongSubgroups(gpu);
  const known = options.autotune === false ? untuned() : await recallTuning(gpu);
  const runtime = new GpuRuntime(gpu, model, { context, kv, ...chosen(known, gpu.info, model) });
  // Kernels compile while weights arrive.
  const warm = runtime.warm();
  // Awaited below; until then a rejection must not count as unhandled.
  warm.catch(() => {});
  await uploadWeights(resolved, loader);
  await loader.finish();
  reportPhase(options.onProgress, resolved.checkpoint, 'compile');
  await warm;
  await gpu.settle('the weights and buffers of the model');
  const choose = async (budget: number) =>
    runtime.changeVariants(chosen(await tune(gpu, model, known, budget), gpu.info, model));
  if (!wantsTuning(gpu, options) || isTuned(model, known)) return { runtime };
  if (options.autotune !== true) return { runtime, tune: () => choose(visitBudget) };
  await choose(thoroughBudget);
  return { runtime };
}

/** Tuning a software adapter takes long and gains little, so it runs there only on request. */
function wantsTuning(gpu: Gpu, { autotune }: LoadOptions): boolean {
  return autotune === true || (autotune === undefined && !gpu.info.software);
}
