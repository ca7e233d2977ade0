import { VitrineError } from '../lib/index.ts';
import { BufferPool, outOfMemory } from './buffers.ts';
import { KernelCache } from './kernels.ts';
import { detectPolling, queueDone } from './wait.ts';

/** Description of a device; also the key of stored tuning results. */
export interface GpuInfo {
  vendor: string;
  architecture: string;
  device: string;
  description: string;
  /** True for a software adapter: correct, but slow. */
  software: boolean;
  features: string[];
  limits: Record<string, number>;
  /** 0 when subgroups are not available. */
  subgroupMinSize: number;
  subgroupMaxSize: number;
}

/** A device with its buffers, kernels and readback slots. The opener destroys it. */
export interface Gpu {
  readonly device: GPUDevice;
  readonly info: GpuInfo;
  readonly buffers: BufferPool;
  readonly kernels: KernelCache;
  /** Resolves when the device is lost other than by {@link Gpu.destroy}. */
  readonly lost: Promise<{ reason: string }>;
  /**
   * Waits for the device and reports out-of-memory errors of unguarded allocations.
   * @throws VitrineError `out-of-memory`, naming `what`
   */
  settle(what: string): Promise<void>;
  /** Frees every buffer and, unless the device was brought from outside, the device. Idempotent. */
  destroy(): void;
}

/** Features and limits to request where available. WebGPU's defaults must always be enough. */
export interface GpuWishes {
  /** Optional features to leave out, for tests of the plain path. */
  withoutFeatures?: readonly GPUFeatureName[];
  /** Ask for no limit above WebGPU's defaults, for tests of low-end devices. */
  defaultLimits?: boolean;
  powerPreference?: GPUPowerPreference;
}

const wantedFeatures = ['subgroups', 'shader-f16'] as const;
const wantedLimits = [
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxStorageBuffersPerShaderStage',
] as const;

/** The platform's WebGPU entry, or undefined. */
export function platformGpu(): GPU | undefined {
  return (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu ?? undefined;
}

/**
 * Opens a device on the best adapter.
 * @throws VitrineError `webgpu-unavailable` when there is no WebGPU or no adapter, `adapter-limit` when the device is refused.
 */
export async function openGpu(wishes: GpuWishes = {}, gpu: GPU | undefined = platformGpu()): Promise<Gpu> {
  if (!gpu) {
    throw new VitrineError(
      'webgpu-unavailable',
      'This browser does not offer WebGPU here. Use a current Chrome, Edge, Safari or Firefox, on https or localhost.',
    );
  }
  const adapter = await gpu.requestAdapter({ powerPreference: wishes.powerPreference ?? 'high-performance' });
  if (!adapter) {
    throw new VitrineError(
      'webgpu-unavailable',
      'WebGPU is here but no graphics adapter answers. Check that hardware acceleration is on, then reload.',
    );
  }
  const device = await requestDevice(adapter, wishes);
  await detectPolling(device);
  return wrapDevice(device, adapter.info, true);
}

async function requestDevice(adapter: GPUAdapter, wishes: GpuWishes): Promise<GPUDevice> {
  const requiredFeatures = wantedFeatures.filter(
    (feature) => adapter.features.has(feature) && !wishes.withoutFeatures?.includes(feature),
  );
  const requiredLimits: Record<string, number> = {};
  if (!wishes.defaultLimits) {
    for (const limit of wantedLimits) requiredLimits[limit] = adapter.limits[limit];
  }
  try {
    return await adapter.requestDevice({ label: 'vitrine', requiredFeatures, requiredLimits });
  } catch (cause) {
    throw new VitrineError('adapter-limit', 'The graphics adapter refused a device. Reload the page.', {
      cause,
    });
  }
}

/** Uses a device made elsewhere; it is not destroyed with the returned object. */
export function adoptDevice(device: GPUDevice): Gpu {
  void detectPolling(device);
  return wrapDevice(device, device.adapterInfo, false);
}

function wrapDevice(device: GPUDevice, adapterInfo: GPUAdapterInfo, owned: boolean): Gpu {
  const info = describeDevice(device, adapterInfo);
  const buffers = new BufferPool(device);
  const kernels = new KernelCache(device);
  let destroyed = false;
  let missed: Error | undefined;
  const noticeOutOfMemory = ({ error }: GPUUncapturedErrorEvent) => {
    if (isOutOfMemory(error)) missed ??= new Error(error.message);
  };
  const lost = new Promise<{ reason: string }>((resolve) => {
    void device.lost.then((loss) => {
      if (!destroyed) resolve({ reason: loss.message || loss.reason });
    });
  });
  const destroy = () => {
    if (destroyed) return;
    destroyed = true;
    kernels.close();
    buffers.destroyAll();
    device.removeEventListener('uncapturederror', noticeOutOfMemory);
    if (owned) device.destroy();
  };
  device.addEventListener('uncapturederror', noticeOutOfMemory);
  const settle = async (what: string) => {
    await queueDone(device);
    if (!missed) return;
    const cause = missed;
    missed = undefined;
    throw outOfMemory(what, cause);
  };
  return { device, info, buffers, kernels, lost, settle, destroy };
}

function isOutOfMemory(error: GPUError): boolean {
  return typeof GPUOutOfMemoryError !== 'undefined' && error instanceof GPUOutOfMemoryError;
}

/** Whether an adapter is software, which calculates on the CPU. */
export function isSoftware(info: GPUAdapterInfo): boolean {
  const words = `${info.vendor} ${info.architecture} ${info.device} ${info.description}`.toLowerCase();
  return info.isFallbackAdapter === true || /swiftshader|llvmpipe|software|basic render/.test(words);
}

function describeDevice(device: GPUDevice, info: GPUAdapterInfo): GpuInfo {
  const limits: Record<string, number> = {};
  for (const limit of wantedLimits) limits[limit] = device.limits[limit];
  const subgroups = device.features.has('subgroups');
  return {
    vendor: info.vendor,
    architecture: info.architecture,
    device: info.device,
    description: info.description,
    software: isSoftware(info),
    features: [...device.features].sort(),
    limits,
    subgroupMinSize: subgroups ? (info.subgroupMinSize ?? 4) : 0,
    subgroupMaxSize: subgroups ? (info.subgroupMaxSize ?? 128) : 0,
  };
}
