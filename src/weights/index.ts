export {
  deleteCached,
  listCached,
  requestPersistence,
  storageReport,
} from './cache/cached-models.ts';
export { exportCached, exportFiles, importCached } from './cache/export-import.ts';
export { openCheckpoint } from './open.ts';
export type { KnownFile } from './repositories/known-checksums.ts';
export {
  bundledModels,
  type KnownModel,
  type KnownShape,
  knownModels,
} from './repositories/known-models.ts';
export { defaultHub } from './repositories/source.ts';
export type {
  CachedModel,
  CharacterVocabulary,
  Checkpoint,
  CheckpointCard,
  Dtype,
  ExportedFile,
  LoadPhase,
  LoadProgress,
  ModelSource,
  OpenOptions,
  PublishedFormat,
  StorageReport,
  TensorInfo,
  TokenizerTexts,
  TransportOptions,
  WeightSink,
} from './types.ts';
