import type { Gpu, GpuInfo } from '../gpu/index.ts';
import type { Comparison } from './support/compare.ts';

/** Optional WebGPU features that kernels use where the device has them. */
export type OptionalFeature = 'shader-f16' | 'subgroups';

/** One run of a kernel on fixed numbers, compared with its plain reference. */
export interface KernelCase {
  /** Unique within its operation. */
  name: string;
  /** A device without it cannot run the case. */
  needs?: OptionalFeature;
  /** Runs a kernel that another case runs too, at other sizes: a brief test leaves it out. */
  repeats?: boolean;
  /** Buffers it creates are freed by the caller. */
  run(gpu: Gpu): Promise<Comparison[]>;
}

/** The cases of one operation. */
export interface Operation {
  name: string;
  cases: readonly KernelCase[];
  /** Cases of the variants that this device could choose among. */
  deviceCases?(info: GpuInfo): KernelCase[];
}

export function kernelCase(
  name: string,
  run: KernelCase['run'] | ((gpu: Gpu) => Promise<Comparison>),
  needs?: OptionalFeature,
): KernelCase {
  return { name, run: async (gpu) => [await run(gpu)].flat(), ...(needs && { needs }) };
}

/** Marks a case as one that a brief test leaves out, if `repeats` holds. */
export function repeating(each: KernelCase, repeats = true): KernelCase {
  return repeats ? { ...each, repeats } : each;
}
