/** What the library's engine file holds: the engine for a worker, or for this thread where there is none. */
export { createLocalEngine, planMemoryHere, selfCheckHere } from '../engine/index.ts';
export { deleteCached, listCached } from '../weights/index.ts';
export { serve } from './serve.ts';
