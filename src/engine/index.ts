export type { Constraint } from '../constraint/index.ts';
export type {
  FinishReason,
  GeneratedToken,
  Score,
  ScoreOptions,
  SpeculationStats,
  TokenAlternative,
} from '../generation/index.ts';
export type * from '../inside/index.ts';
export type { Edit, GPT2Config } from '../model/index.ts';
export type { WeightDtype } from '../shaders/index.ts';
export type {
  CachedModel,
  LoadPhase,
  LoadProgress,
  ModelSource,
  PublishedFormat,
} from '../weights/index.ts';
export { type AdapterSummary, summariseGpu } from './adapter.ts';
export { createRuntime } from './create-runtime.ts';
export { EngineModel } from './engine-model.ts';
export {
  type CreateTokenizer,
  createLocalEngine,
  loadHere,
  loadIdModel,
  planMemoryHere,
} from './load.ts';
export type { LoadOptions } from './load-options.ts';
export type { MemoryPlan } from './memory-plan.ts';
export type { Engine, GenerateOptions, Model, ModelStats } from './model.ts';
export type { AdapterCard, ModelCard } from './model-card.ts';
export type { IdModel, ModelFacts, TokenizerFacts } from './page/index.ts';
export { LoadedModel } from './page/index.ts';
export { type ResolvedCheckpoint, resolveCheckpoint } from './resolved-checkpoint.ts';
export { type SelfCheckReport, selfCheckHere } from './self-check.ts';
export type { LoadedRuntime } from './session.ts';
