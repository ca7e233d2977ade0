export { afterToken, type SamplingMemory } from './after-token.ts';
export {
  admits,
  automatonHeader,
  endsText,
  isComplete,
  nextState,
  stateFlags,
} from './automaton.ts';
export {
  distribution,
  distributionSteps,
  drawableLogits,
  drawStride,
  type StepName,
  sampleReference,
} from './distribution.ts';
export { dryLengths, dryPenalties } from './dry.ts';
export { meanShift, minimumWeight, topPBits } from './filters.ts';
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
export {
  isGreedy,
  isPlainGreedy,
  modifiesFirst,
  resolveSampling,
  type TextualSampling,
  usesStatistics,
} from './resolve.ts';
export { createRng } from './rng.ts';
export {
  bitsPerNat,
  deviationScale,
  dynamicBounds,
  exponentBits,
  firstMu,
  log2eBits,
  lowestTemperature,
  mostDeviation,
  mostSurprise,
  nextMu,
  sigmaBits,
} from './statistics.ts';
export { createStopMatcher, type StopMatcher } from './stop.ts';
export type { ResolvedSampling, SamplingContext, SamplingOptions, TokenAutomaton } from './types.ts';
