import { defineStruct, f32Literal, type KernelSource } from '../../gpu/index.ts';
import {
  bitsPerNat,
  deviationScale,
  distanceScale,
  dynamicBounds,
  exponentBits,
  log2eBits,
  lowestTemperature,
  mostDeviation,
  mostSurprise,
  type ResolvedSampling,
  sigmaBits,
} from '../../sampling/index.ts';
import { recordSize } from '../pick/pick.ts';
import { type SampleShape, sampleKernel } from './sample.ts';
import statistics from './statistics.wgsl?raw';

export const statisticsStruct = defineStruct('Statistics', {
  sigma: 'standard deviations times 2^16; 0: off',
  dynamic: '1: the temperature follows the entropy',
  exponent: 'of the entropy, times 2^16',
  lowest: ['f32', 'lowest dynamic temperature'],
  span: ['f32', 'from there to the highest'],
  tau: ['f32', "mirostat's target in bits; 0: off"],
  eta: ['f32', "mirostat's learning rate"],
  ringRecords: 'steps the ring holds',
  recordSize: "words of one column's report",
});

/** Bytes of the uniform `statistics`. */
export const statisticsBytes = 48;

/** The uniform `statistics`. */
export function packStatistics(
  sampling: ResolvedSampling,
  { ringRecords, alternatives }: { ringRecords: number; alternatives: number },
): Uint32Array<ArrayBuffer> {
  const { topNSigma, temperature, dynatempRange, dynatempExponent, mirostatTau, mirostatEta } = sampling;
  return statisticsStruct.pack({
    sigma: sigmaBits(topNSigma),
    dynamic: dynatempRange > 0 ? 1 : 0,
    exponent: exponentBits(dynatempExponent),
    ...dynamicBounds(temperature, dynatempRange),
    tau: mirostatTau,
    eta: mirostatEta,
    ringRecords,
    recordSize: recordSize(alternatives),
  });
}

/**
 * The sampling kernel with top-n-sigma, dynamic temperature and mirostat. Bindings: those of the plain kernel, then
 * statistics, the ring of reports and mirostat's mu of each column.
 */
export function statisticsKernel(shape: SampleShape): KernelSource {
  return sampleKernel(shape, {
    name: ' statistics',
    brief: false,
    constants: {
      COLUMNS: shape.columns,
      MOST_DEVIATION: mostDeviation,
      DEVIATION_SCALE: f32Literal(deviationScale),
      MOST_SURPRISE: f32Literal(mostSurprise),
      UNIT_SCALE: f32Literal(distanceScale(1)),
      UNIT: f32Literal(2 ** -24),
      LOG2E_LOW: (log2eBits * 2 ** 23) % 2 ** 32,
      LOG2E_HIGH: Math.floor((log2eBits * 2 ** 23) / 2 ** 32),
      BITS_PER_NAT: f32Literal(bitsPerNat),
      LOWEST_TEMPERATURE: f32Literal(lowestTemperature),
    },
    structs: [statisticsStruct],
    bindings: [
      { name: 'statistics', type: 'Statistics', kind: 'uniform' },
      { name: 'ring', type: 'array<u32>', kind: 'read' },
      { name: 'mu', type: 'array<f32>', kind: 'write' },
    ],
    part: statistics,
  });
}
