export {
  type DistributionStep,
  distribution,
  distributionSteps,
  drawStride,
  type StepName,
  sampleReference,
  stepNames,
} from './distribution.ts';
export { meanShift, minimumWeight } from './filters.ts';
export {
  distanceBits,
  distanceScale,
  exp2Table,
  fixedPointWeight,
  maxDistance,
  probabilityBits,
  weightBits,
} from './fixed-point.ts';
export { greedySampling } from './greedy.ts';
export { samplingTable } from './options.ts';
export { logitLimit, processLogits } from './processors.ts';
export { isGreedy, isPlainGreedy, modifiesLogits, resolveSampling } from './resolve.ts';
export { createRng, philox, type Rng } from './rng.ts';
export { createStopMatcher, type StopMatcher } from './stop.ts';
export type { Distribution, ResolvedSampling, SamplingContext, SamplingOptions } from './types.ts';
