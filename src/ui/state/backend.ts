import type {
  CachedModel,
  Engine,
  LoadOptions,
  MemoryPlan,
  ModelSource,
  SelfCheckReport,
} from '../../engine/index.ts';
import type { RemoteModel, RemoteOptions } from '../../remote/index.ts';
import type { StorageReport } from '../../weights/index.ts';

/** All that the page asks of the engine side. The worker's client is one; tests bring their own. */
export interface Backend {
  engine: Engine;
  /** A model on a server. Texts that it reads leave this machine. */
  connect(options: RemoteOptions): Promise<RemoteModel>;
  listCached(): Promise<CachedModel[]>;
  deleteCached(id: string): Promise<void>;
  planMemory(source: ModelSource, options?: LoadOptions): Promise<MemoryPlan>;
  selfCheck(options?: LoadOptions): Promise<SelfCheckReport>;
  /** A stored model as one file, to keep or to carry to another machine. */
  exportCached(id: string): Promise<Blob>;
  importCached(file: Blob): Promise<CachedModel>;
  storageReport(): Promise<StorageReport>;
  /** Asks the browser to keep what is stored; false when it declines. */
  requestPersistence(): Promise<boolean>;
}
