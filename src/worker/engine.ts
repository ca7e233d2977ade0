/** The engine for a worker, or for this thread where there is none: loaded when first needed. */
export { createLocalEngine, planMemoryHere, selfCheckHere } from '../engine/index.ts';
export { deleteCached, listCached } from '../weights/index.ts';
export { serve } from './serve.ts';
