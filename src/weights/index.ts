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
  WeightSink,
} from './types.ts';
