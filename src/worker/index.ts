export {
  createEngine,
  deleteCached,
  listCached,
  loadModel,
  planMemory,
  selfCheck,
  startWorker,
} from './client.ts';
