import type { InputForm } from './input-code.ts';
import { panelRows } from './packed-matrix.ts';

/** How quantised weights lie in memory: groups of columns of eight rows, each group followed by the rows' scales in f32. */
export interface WeightForm extends InputForm {
  name: 'int8' | 'int4';
  /** Of a group of eight rows, without the scales. */
  weightBytes: number;
  /** Pairs of columns that a step of the inner loop multiplies. */
  stepPairs: number;
}

/** 64 weights of a row share a scale, their largest magnitude over 127, as on the GPU. */
export const int8: WeightForm = {
  ...{ name: 'int8', groupColumns: 64, sumShift: undefined },
  ...{ weightBytes: 64 * panelRows, stepPairs: 1 },
};

/** 32 weights of a row share a scale, chosen as on the GPU. They are stored as value + 8, so inputs' sums are needed. */
export const int4: WeightForm = {
  ...{ name: 'int4', groupColumns: 32, sumShift: 3 },
  ...{ weightBytes: 16 * panelRows, stepPairs: 4 },
};

export function blockBytes({ weightBytes }: WeightForm): number {
  return weightBytes + 4 * panelRows;
}
