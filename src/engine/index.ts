export { createLocalEngine, type Loaded, loadHere, planMemoryHere, selfCheckHere } from './load.ts';
export type { LocalModel } from './local-model.ts';
export type { Standing } from './session.ts';
export { stand, type Understood } from './stand.ts';
export type {
  AdapterSummary,
  CachedModel,
  Engine,
  FinishReason,
  GeneratedToken,
  GenerateOptions,
  GPT2Config,
  Inspection,
  InspectOptions,
  LoadOptions,
  LoadPhase,
  LoadProgress,
  MemoryPlan,
  Model,
  ModelSource,
  ModelStats,
  Score,
  SelfCheckReport,
  SpeculationStats,
  TokenAlternative,
  WeightDtype,
} from './types.ts';
