import type { Backend } from './state/backend.ts';

type Worker = typeof import('../worker/index.ts');

/** Storage is reached from the page itself: what is kept is shared by every thread. */
const storage = () => import('../weights/index.ts');

/** The engine behind the page. Its code arrives while the page draws itself, and runs in a worker. */
function workerBackend(): Backend {
  const worker: Promise<Worker> = import('../worker/index.ts');
  // Whoever awaits it hears of a failure; nobody has to.
  worker.catch(() => {});
  const engine = worker.then((module) => module.createEngine());
  engine.catch(() => {});
  return {
    engine: { loadModel: async (source, options) => (await engine).loadModel(source, options) },
    listCached: async () => (await worker).listCached(),
    deleteCached: async (id) => (await worker).deleteCached(id),
    planMemory: async (source, options) => (await worker).planMemory(source, options),
    selfCheck: async (options) => (await worker).selfCheck(options),
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
