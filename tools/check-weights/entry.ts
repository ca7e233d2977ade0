/** What the page of the check runs. */
export { createCpuRuntime } from '../../src/engine/create-cpu-runtime.ts';
export { resolveCheckpoint } from '../../src/engine/resolved-checkpoint.ts';
export { readChunkFile } from '../../src/weights/cache/chunk-files.ts';
export * from '../../src/weights/index.ts';
