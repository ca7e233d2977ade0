export { inspectIds, resolveInspectOptions } from './inspect.ts';
export type { Inspection, InspectOptions } from './types.ts';
