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
  storageReport,
} from './client.ts';
