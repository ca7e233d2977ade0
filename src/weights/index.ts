export { openCheckpoint } from './open.ts';
export type {
  CachedModel,
  Checkpoint,
  Dtype,
  LoadPhase,
  LoadProgress,
  ModelSource,
  OpenOptions,
  TensorInfo,
  TokenizerTexts,
  TransportSettings,
  WeightSink,
} from './types.ts';
