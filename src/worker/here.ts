/** What runs in this thread when there is no worker, and what a worker serves: loaded when first needed. */
export { createLocalEngine, planMemoryHere, selfCheckHere } from '../engine/index.ts';
export { deleteCached, exportCached, importCached, listCached } from '../weights/index.ts';
export { serve } from './serve.ts';
