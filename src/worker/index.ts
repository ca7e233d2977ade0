export type { StorageReport } from '../weights/index.ts';
export {
  createEngine,
  deleteCached,
  exportCached,
  importCached,
  listCached,
  loadModel,
  planMemory,
  requestPersistence,
  selfCheck,
  startWorker,
  storageReport,
} from './client.ts';
