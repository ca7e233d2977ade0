export { type Tuned, type TuneOptions, tuneProducts } from './autotune.ts';
export { matmulKey, type TunedMatmul, tuneMatmul } from './autotune-prefill.ts';
export {
  type Activation,
  checkVocabulary,
  countParameters,
  type GPT2Config,
  parseConfig,
} from './config.ts';
export { type CpuRuntimeOptions, createCpuRuntime } from './cpu-runtime.ts';
export { CpuWeightLoader, type CpuWeights } from './cpu-weights.ts';
export type { VariantChooser } from './decode-plan.ts';
export type { GPT2 } from './gpt2.ts';
export { GpuWeightLoader } from './gpu-load.ts';
export { GpuRuntime, type GpuRuntimeOptions, maxColumns } from './gpu-runtime.ts';
export { type Footprint, type FootprintOptions, footprint } from './memory.ts';
export {
  describeParameters,
  type Orientation,
  type Parameter,
  type ParameterTable,
} from './parameters.ts';
export { type ReferencePass, type ReferenceWeights, referenceForward } from './reference.ts';
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
export { type ProductKernels, subgroupsRight } from './trust.ts';
export { chooserOf, defaultVariant, shapeKey } from './variants.ts';
