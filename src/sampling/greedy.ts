import { resolveSampling } from './resolve.ts';
import type { ResolvedSampling } from './types.ts';

/** Always the likeliest token; nothing is drawn. */
export const greedySampling: ResolvedSampling = resolveSampling({ temperature: 0, seed: 0 });
