import { openGpu, platformGpu } from '../gpu/index.ts';
import { VitrineError } from '../lib/index.ts';
import { countParameters, type GPT2Config, type ParameterTable } from '../model/index.ts';
import { type Footprint, footprint } from '../runtime/index.ts';
import type { KvDtype, WeightDtype } from '../shaders/index.ts';
import type { Checkpoint } from '../weights/index.ts';
import { type AdapterSummary, summariseGpu } from './adapter.ts';

/** Bytes a model would need, before any weight byte is fetched. */
export interface MemoryPlan {
  id: string;
  revision: string;
  config: GPT2Config;
  parameters: number;
  downloadBytes: number;
  adapter: AdapterSummary | null;
  dtypes: {
    dtype: WeightDtype;
    weightBytes: number;
    /** What the cache holds keys and values in. */
    kv: 'f32' | 'f16';
    kvBytes: number;
    totalBytes: number;
    fits: boolean;
    why?: string;
  }[];
  recommended: WeightDtype | null;
}

/** Models up to this size keep the precision of checkpoint and cache; larger ones use smaller dtypes. */
const comfortableBytes = 1.5 * 2 ** 30;

/** WebGPU's default limits, used without an adapter. */
const defaultLimits = {
  maxStorageBufferBindingSize: 2 ** 27,
  maxBufferSize: 2 ** 28,
  maxStorageBuffersPerShaderStage: 8,
};

interface Subject {
  checkpoint: Checkpoint;
  config: GPT2Config;
  table: ParameterTable;
}

/** Bytes the model needs in each dtype, and which one suits this device. */
export function planFor(subject: Subject, adapter: AdapterSummary | null): MemoryPlan {
  const { checkpoint, config, table } = subject;
  const dtypes = (['f32', 'f16', 'int8', 'int4'] as const).map((dtype) =>
    plannedDtype(subject, adapter, dtype),
  );
  const fitting = dtypes.filter(({ fits }) => fits);
  const exact: WeightDtype = table.parameters.every(({ tensor }) => tensor.dtype === 'F16') ? 'f16' : 'f32';
  const candidates = fitting.filter(({ dtype }) => exact === 'f32' || dtype !== 'f32');
  const recommended =
    candidates.find(({ totalBytes }) => totalBytes <= comfortableBytes)?.dtype ??
    candidates.at(-1)?.dtype ??
    null;
  return {
    id: checkpoint.id,
    revision: checkpoint.revision,
    config,
    parameters: countParameters(config),
    downloadBytes: checkpoint.totalBytes,
    adapter,
    dtypes,
    recommended,
  };
}

/** Rows and columns on the GPU of the matrices that an adapter changes. */
function keptBase(table: ParameterTable): [number, number][] {
  return table.parameters
    .filter(({ tensor }) => tensor.withoutAdapter)
    .map(({ shape: [first = 0, second = 0], orientation }) =>
      orientation === 'in-out' ? [second, first] : [first, second],
    );
}

function plannedDtype({ config, table }: Subject, adapter: AdapterSummary | null, dtype: WeightDtype) {
  const limits = { ...defaultLimits, ...adapter?.limits };
  const common = {
    dtype,
    context: config.nPositions,
    tied: table.tied,
    keptBase: keptBase(table),
    bindingLimit: limits.maxStorageBufferBindingSize,
    bufferLimit: limits.maxBufferSize,
    storageBuffers: limits.maxStorageBuffersPerShaderStage,
    software: adapter?.software ?? false,
  };
  const exact = footprint(config, { ...common, kv: 'f32' });
  // Weights in f32 promise results that a rounded cache would not give.
  const kv = exact.why || (dtype !== 'f32' && total(exact) > comfortableBytes) ? 'f16' : 'f32';
  const found = kv === 'f32' ? exact : footprint(config, { ...common, kv });
  const { weightBytes, kvBytes, why } = found;
  const plan = { dtype, weightBytes, kv, kvBytes, totalBytes: total(found), fits: !why } as const;
  return why ? { ...plan, why } : plan;
}

function total({ weightBytes, kvBytes, workBytes }: Footprint): number {
  return weightBytes + kvBytes + workBytes;
}

/**
 * What weights and cache are held in: in the dtype asked for, or in the one that suits the device.
 * @throws VitrineError `adapter-limit` when no dtype fits
 */
export function planFormats(
  subject: Subject,
  adapter: AdapterSummary,
  asked?: WeightDtype,
): { dtype: WeightDtype; kv: KvDtype } {
  const plan = planFor(subject, adapter);
  const dtype = asked ?? plan.recommended;
  const planned = plan.dtypes.find((each) => each.dtype === dtype);
  if (planned) return planned;
  const why = plan.dtypes.at(-1)?.why ?? '';
  throw new VitrineError(
    'adapter-limit',
    `${plan.id} does not fit this device in any dtype. ${why} Choose a smaller model.`,
  );
}

/** The adapter of this machine, without keeping a device; null if there is none. */
export async function probeAdapter(): Promise<AdapterSummary | null> {
  if (!platformGpu()) return null;
  try {
    const gpu = await openGpu();
    const summary = summariseGpu(gpu.info);
    gpu.destroy();
    return summary;
  } catch (error) {
    if (error instanceof VitrineError && error.code === 'webgpu-unavailable') return null;
    throw error;
  }
}

const adapterRetry = { tries: 15, milliseconds: 200 };

/** Waits up to 3 s for an adapter: after its GPU process crashed, a browser has none for a moment. */
export async function waitForAdapter(): Promise<void> {
  for (let left = adapterRetry.tries; left > 0; left--) {
    const adapter = await platformGpu()
      ?.requestAdapter()
      .catch(() => null);
    if (adapter) return;
    await new Promise((resolve) => setTimeout(resolve, adapterRetry.milliseconds));
  }
}
