import type { CachedModel, Engine, LoadOptions, MemoryPlan, ModelSource, SelfCheckReport } from '../../engine/types.ts';

/** All that the page asks of the engine side. The worker's client is one; tests bring their own. */
export interface Backend {
  engine: Engine;
  listCached(): Promise<CachedModel[]>;
  deleteCached(id: string): Promise<void>;
  planMemory(source: ModelSource, options?: LoadOptions): Promise<MemoryPlan>;
  selfCheck(options?: LoadOptions): Promise<SelfCheckReport>;
}
