export { requestPersistence, type StorageReport, storageReport } from '../weights/index.ts';
export {
  createEngine,
  deleteCached,
  exportCached,
  importCached,
  listCached,
  loadModel,
  planMemory,
  selfCheck,
} from './client.ts';
