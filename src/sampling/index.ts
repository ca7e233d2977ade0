export type { SamplingOptions } from './types.ts';
