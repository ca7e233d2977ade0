import type { GpuInfo } from '../gpu/index.ts';

/** The device a model runs on, for diagnostics. */
export interface AdapterSummary {
  backend: 'webgpu' | 'cpu';
  vendor: string;
  architecture: string;
  device: string;
  description: string;
  /** True for a software adapter: correct, but slow. */
  software: boolean;
  features: string[];
  limits: Record<string, number>;
}

/** The summary of a GPU. */
export function summariseGpu(info: GpuInfo): AdapterSummary {
  const { vendor, architecture, device, description, software, features, limits } = info;
  return { backend: 'webgpu', vendor, architecture, device, description, software, features, limits };
}

/** The summary when the model runs on the CPU. */
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
