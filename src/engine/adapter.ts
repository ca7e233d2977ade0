import type { GpuInfo } from '../gpu/index.ts';

/** What the model runs on, in words fit for a diagnostics panel. */
export interface AdapterSummary {
  backend: 'webgpu' | 'cpu';
  vendor: string;
  architecture: string;
  device: string;
  description: string;
  /** True for a software adapter: right, but slow. */
  software: boolean;
  features: string[];
  limits: Record<string, number>;
}

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
