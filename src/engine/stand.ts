import { adoptDevice, type Gpu, openGpu, platformGpu } from '../gpu/index.ts';
import { isAbort, throwIfAborted, VitrineError } from '../lib/index.ts';
import type { GPT2Config, ParameterTable } from '../model/index.ts';
import { chooserOf, GpuRuntime, GpuWeightLoader, matmulKey } from '../runtime/index.ts';
import type { Checkpoint } from '../weights/index.ts';
import { summariseGpu } from './adapter.ts';
import { planFor, recommendDtype } from './memory.ts';
import type { Standing } from './session.ts';
import { streamInto } from './stream-into.ts';
import { distrustWrongSubgroups, isTuned, recallTuning, type Tuning, tune, untuned } from './tuning.ts';
import type { LoadOptions, MemoryPlan, WeightDtype } from './types.ts';

/** A checkpoint understood: what its weights are for. */
export interface Understood {
  checkpoint: Checkpoint;
  config: GPT2Config;
  table: ParameterTable;
}

const loading = 'Loading the model';
const warmMoreAfterMilliseconds = 2000;

const dtypes: readonly WeightDtype[] = ['f32', 'f16', 'int8', 'int4'];

/**
 * Streams the weights onto a device and makes the model stand there.
 * @throws VitrineError of the checkpoint or the device; the device is gone when it throws.
 */
export async function stand(what: Understood, options: LoadOptions): Promise<Standing> {
  const { dtype } = options;
  if (dtype !== undefined && !dtypes.includes(dtype))
    throw new VitrineError('invalid-argument', `dtype is '${dtype}'; use ${dtypes.join(', ')}.`);
  const { signal } = options;
  throwIfAborted(signal, loading);
  const gpu = await openDevice(options);
  if (!gpu) return (await import('./stand-cpu.ts')).standOnCpu(what);
  // Who leaves while kernels compile does not pay for those that have not begun.
  const leave = () => gpu.kernels.close();
  signal?.addEventListener('abort', leave, { once: true });
  try {
    throwIfAborted(signal, loading);
    return await standOnGpu(gpu, what, options);
  } catch (error) {
    gpu.destroy();
    throwIfAborted(signal, loading);
    throw error;
  } finally {
    signal?.removeEventListener('abort', leave);
  }
}

/** The device asked for, or undefined when the CPU is to be used. */
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

async function standOnGpu(gpu: Gpu, what: Understood, options: LoadOptions): Promise<Standing> {
  const adapter = summariseGpu(gpu.info);
  const dtype = options.dtype ?? recommendDtype(what, adapter);
  try {
    const runtime = await fill(gpu, what, dtype, options);
    // What short prompts do not need is compiled while the first tokens are being read.
    setTimeout(() => void runtime.warmMore().catch(() => {}), warmMoreAfterMilliseconds);
    return { runtime, dtype, adapter };
  } catch (error) {
    // What a lost device breaks first is seldom the error that names it.
    const lost = await Promise.race([gpu.lost, Promise.resolve(undefined)]);
    if (!lost || isAbort(error)) throw await withProposal(error, dtype, () => planFor(what, adapter));
    throw new VitrineError('device-lost', `The GPU went away while loading: ${lost.reason}`, {
      cause: error,
    });
  }
}

/** The error; one of memory says what would fit, unless the part that says so cannot be fetched. */
async function withProposal(error: unknown, dtype: WeightDtype, plan: () => MemoryPlan): Promise<unknown> {
  if (!(error instanceof VitrineError && error.code === 'out-of-memory')) return error;
  const part = await import('./propose.ts').catch(() => undefined);
  return part?.proposeSmaller(error, plan(), dtype) ?? error;
}

/** Weights in their places and the kernels of the first tokens compiled. */
async function fill(gpu: Gpu, what: Understood, dtype: WeightDtype, options: LoadOptions) {
  const { config, table } = what;
  const context = config.nPositions;
  const kv = 'f32';
  const loader = await GpuWeightLoader.create(gpu, config, table, { dtype, kv, context, sequences: 1 });
  const { model } = loader;
  const make = ({ products, chunks }: Tuning) =>
    new GpuRuntime(gpu, model, {
      context,
      kv,
      choose: chooserOf(gpu.info, products),
      matmul: chunks.get(matmulKey(model)),
    });
  await distrustWrongSubgroups(gpu);
  const known = options.autotune === false ? untuned() : await recallTuning(gpu);
  const measure = wantsTuning(gpu, options) && !isTuned(model, known);
  // Kernels compile while weights arrive, unless which ones is still to be measured on those weights.
  const early = measure ? undefined : make(known);
  const warm = early?.warm();
  // Awaited below; a failure of the stream must not leave this one unheard.
  warm?.catch(() => {});
  await streamInto(what, loader);
  await loader.finish();
  const runtime = early ?? make(await tune(gpu, model, known));
  await (warm ?? runtime.warm());
  await gpu.settle('what the model works with');
  return runtime;
}

/** A software adapter has nothing worth a wait to choose between, unless it is asked for. */
function wantsTuning(gpu: Gpu, { autotune }: LoadOptions): boolean {
  return autotune === true || (autotune === undefined && !gpu.info.software);
}
