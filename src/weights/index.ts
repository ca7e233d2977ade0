export {
  bundledModels,
  findKnown,
  type KnownModel,
  type KnownShape,
  knownModels,
} from './known-models.ts';
export {
  deleteCached,
  listCached,
  requestPersistence,
  storageReport,
} from './manage.ts';
export { openCheckpoint } from './open.ts';
export type { PinnedFile } from './pinned-files.ts';
export { defaultHub } from './source.ts';
export { exportCached, exportFiles, importCached } from './transfer.ts';
export type {
  CachedModel,
  Checkpoint,
  Dtype,
  ExportedFile,
  LoadPhase,
  LoadProgress,
  ModelSource,
  OpenOptions,
  StorageReport,
  TensorInfo,
  TokenizerTexts,
  TransportSettings,
  WeightSink,
} from './types.ts';
