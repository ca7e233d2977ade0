export {
  distribution,
  distributionSteps,
  drawableLogits,
  drawStride,
  type StepName,
  sampleReference,
} from './distribution.ts';
export { meanShift, minimumWeight } from './filters.ts';
export {
  distanceScale,
  exp2Table,
  fixedPointWeight,
  maxDistance,
  probabilityBits,
} from './fixed-point.ts';
export { greedySampling } from './greedy.ts';
export { samplingTable } from './options.ts';
export { publishedSampling } from './published.ts';
export { isGreedy, isPlainGreedy, resolveSampling } from './resolve.ts';
export { createRng } from './rng.ts';
export { createStopMatcher, type StopMatcher } from './stop.ts';
export type { ResolvedSampling, SamplingContext, SamplingOptions } from './types.ts';
