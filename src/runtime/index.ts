export { createCpuRuntime } from './cpu/cpu-runtime.ts';
export { type CpuDtype, CpuWeightLoader, type CpuWeights } from './cpu/weights.ts';
export type { Known } from './gpu/autotune/benchmark.ts';
export {
  candidateVariants,
  chooserOf,
  defaultVariant,
  productKeys,
} from './gpu/autotune/matvec-candidates.ts';
export { type Footprint, footprint } from './gpu/footprint.ts';
export type { GpuModel } from './gpu/gpu-model.ts';
export { GpuRuntime } from './gpu/gpu-runtime.ts';
export type { KernelVariants } from './gpu/options.ts';
export { candidateMatmuls, matmulKey } from './gpu/prefill-tuning.ts';
export { GpuWeightLoader } from './gpu/weight-loader.ts';
export { decodeGreedily, greedyRequest } from './greedy.ts';
export type * from './runtime.ts';
