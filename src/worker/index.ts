export { createEngine, deleteCached, listCached, loadModel, planMemory, selfCheck } from './client.ts';
