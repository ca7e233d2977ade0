export { type CpuRuntimeOptions, createCpuRuntime } from './cpu/cpu-runtime.ts';
export { CpuWeightLoader, type CpuWeights } from './cpu/weights.ts';
export { candidateVariants, chooserOf, defaultVariant, shapeKey } from './gpu/autotune/matvec-candidates.ts';
export { matmulKey, type TunedMatmul, tuneMatmul } from './gpu/autotune/tune-matmul.ts';
export { type Tuned, type TuneOptions, tuneProducts } from './gpu/autotune/tune-matvec.ts';
export { type ProductKernels, subgroupsRight } from './gpu/autotune/verify-subgroups.ts';
export { type Footprint, type FootprintOptions, footprint } from './gpu/footprint.ts';
export type { GPT2 } from './gpu/gpt2.ts';
export { GpuRuntime, maxColumns } from './gpu/gpu-runtime.ts';
export type { GpuRuntimeOptions, VariantChooser } from './gpu/options.ts';
export { candidateMatmuls } from './gpu/prefill-tuning.ts';
export { GpuWeightLoader } from './gpu/weight-loader.ts';
export type {
  ChooseRequest,
  DecodedToken,
  DecodeRequest,
  InsideViews,
  Row,
  RowScores,
  Runtime,
  RuntimeStats,
} from './runtime.ts';
