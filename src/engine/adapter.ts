import type { GpuInfo } from '../gpu/index.ts';
import type { AdapterSummary } from './types.ts';

/** The device in words, for diagnostics. */
export function summariseGpu(info: GpuInfo): AdapterSummary {
  const { vendor, architecture, device, description, software, features, limits } = info;
  return { backend: 'webgpu', vendor, architecture, device, description, software, features, limits };
}

/** What {@link AdapterSummary} says when the model runs on the CPU. */
export const cpuAdapter: AdapterSummary = {
  backend: 'cpu',
  vendor: '',
  architecture: '',
  device: '',
  description: 'CPU: no graphics adapter is used',
  software: true,
  features: [],
  limits: {},
};
