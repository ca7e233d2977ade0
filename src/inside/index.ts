/** What happens inside a pass: seen, changed, and explained. Loaded when first asked for. */
export { ablateIds } from './ablate.ts';
export { attributeIds } from './attribution.ts';
export { repeatedIds, scoreHeads } from './heads.ts';
export { inspectIds, resolveInspectOptions } from './inspect.ts';
export { patchIds } from './patch.ts';
export { runIds } from './run.ts';
export type * from './types.ts';
