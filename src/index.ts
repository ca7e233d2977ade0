/**
 * Vitrine: language models of the GPT-2 family on WebGPU.
 *
 * Importing this module has no effects: it requests no adapter, starts no worker and fetches nothing.
 * @module vitrine
 */
export type {
  Ablation,
  AdapterCard,
  AdapterSummary,
  Attribution,
  AttributionOptions,
  CachedModel,
  Constraint,
  Edit,
  FinishReason,
  GeneratedToken,
  GenerateOptions,
  GPT2Config,
  HeadScores,
  Inspection,
  InspectOptions,
  LoadOptions,
  LoadPhase,
  LoadProgress,
  MeasureOptions,
  MemoryPlan,
  Model,
  ModelCard,
  ModelSource,
  ModelStats,
  PatchGrid,
  PatchOptions,
  PatchSites,
  PublishedFormat,
  Run,
  RunOptions,
  Score,
  ScoreOptions,
  SelfCheckReport,
  SpeculationStats,
  TextOrIds,
  Token,
  TokenAlternative,
  WeightDtype,
} from './engine/index.ts';
export { VitrineError, type VitrineErrorCode } from './lib/index.ts';
export { deleteCached, listCached, loadModel, planMemory, selfCheck } from './worker/index.ts';
