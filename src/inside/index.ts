/** What happens inside a pass: seen, changed, and explained. Loaded when first asked for. */
export { attributeIds } from './attribution.ts';
export { repeatedIds, scoreHeads } from './heads.ts';
export { inspectIds, resolveInspectOptions } from './inspect.ts';
export { patchIds } from './patch.ts';
export { runIds } from './run.ts';
export type {
  Attribution,
  AttributionOptions,
  HeadScores,
  IdAttributionOptions,
  IdPatchOptions,
  Inspection,
  InspectOptions,
  PatchGrid,
  PatchOptions,
  PatchSites,
  Run,
  RunOptions,
  TextOrIds,
  Token,
} from './types.ts';
