import {
  createEngine,
  deleteCached,
  listCached,
  planMemory,
  selfCheck,
  startWorker,
} from '../worker/index.ts';
import type { Backend } from './state/backend.ts';

/** Storage is reached from the page itself: what is kept is shared by every thread. */
const storage = () => import('../weights/index.ts');

/** The engine behind the page. Its code arrives in a worker while the page draws itself. */
function workerBackend(): Backend {
  startWorker();
  // The first request starts the browser's GPU process, which takes as long as the worker's code does to arrive.
  void navigator.gpu?.requestAdapter().catch(() => null);
  return {
    engine: createEngine(),
    connect: async (options) => (await import('../remote/index.ts')).remoteModel(options),
    listCached,
    deleteCached,
    planMemory,
    selfCheck,
    exportCached: async (id) => (await storage()).exportCached(id),
    importCached: async (file) => (await storage()).importCached(file),
    storageReport: async () => (await storage()).storageReport(),
    requestPersistence: async () => (await storage()).requestPersistence(),
  };
}

/** The page's backend: the worker, or in development with `?fake` a stand-in that needs no GPU. */
export async function createBackend(): Promise<Backend> {
  if (import.meta.env.DEV && new URLSearchParams(location.search).has('fake')) {
    const { fakeBackend } = await import('./state/fake-engine.ts');
    return fakeBackend({ pace: 25 });
  }
  return workerBackend();
}
