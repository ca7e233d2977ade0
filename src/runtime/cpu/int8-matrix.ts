import { ceilDiv } from '../../lib/index.ts';
import { type Matrix, panelRows, type Rows } from './packed-matrix.ts';

/** Weights of a row that share a scale: their largest magnitude over 127, as on the GPU. */
export const groupColumns = 64;
/** A group of eight rows: the weights of two columns after those of the two before, then eight scales in f32. */
export const blockBytes = groupColumns * panelRows + 4 * panelRows;
const scalesAt = groupColumns * panelRows;

/** A matrix W of y = x Wᵀ in int8: panels of eight rows, in each a block for every group of columns. */
export interface Int8Panels extends Matrix {
  groups: number;
  /** The memory, and where the first block begins. */
  weights: Int8Array;
  scales: Float32Array;
  /** Values of groups that are not whole yet; undefined when none is. */
  staged: Float32Array | undefined;
}

export function int8Bytes(rows: number, columns: number): number {
  return ceilDiv(rows, panelRows) * ceilDiv(columns, groupColumns) * blockBytes;
}

/** @param at where in `buffer` its blocks begin, a multiple of 16; they are zero */
export function createInt8Panels(buffer: ArrayBuffer, at: number, rows: number, columns: number): Int8Panels {
  const bytes = int8Bytes(rows, columns);
  return {
    rows,
    columns,
    paddedRows: panelRows * ceilDiv(rows, panelRows),
    groups: ceilDiv(columns, groupColumns),
    weights: new Int8Array(buffer, at, bytes),
    scales: new Float32Array(buffer, at, bytes / 4),
    staged: undefined,
  };
}

function blockOf({ groups }: Int8Panels, row: number, group: number): number {
  return (Math.floor(row / panelRows) * groups + group) * blockBytes;
}

/** Quantises a group of one row, `values` from `from` on. */
function quantise(panels: Int8Panels, row: number, group: number, values: Float32Array, from: number): void {
  const count = Math.min(groupColumns, panels.columns - group * groupColumns);
  let largest = 0;
  for (let k = 0; k < count; k++) largest = Math.max(largest, Math.abs(values[from + k]!));
  const block = blockOf(panels, row, group);
  const lane = row % panelRows;
  panels.scales[(block + scalesAt) / 4 + lane] = largest / 127;
  const factor = Math.fround(largest > 0 ? 127 / largest : 0);
  for (let k = 0; k < count; k++)
    panels.weights[block + weightAt(k) + 2 * lane] = rounded(values[from + k]! * factor);
}

/** Quantises a group of columns of all rows, `values` [columns][rows]. Reads in order: rows are far apart there. */
function quantiseGroup(panels: Int8Panels, group: number, values: Float32Array): void {
  const { rows, columns, groups, weights, scales } = panels;
  const count = Math.min(groupColumns, columns - group * groupColumns);
  const factors = new Float32Array(rows);
  for (let k = 0, i = 0; k < count; k++)
    for (let row = 0; row < rows; row++, i++) {
      const magnitude = Math.abs(values[i]!);
      if (magnitude > factors[row]!) factors[row] = magnitude;
    }
  for (let row = 0; row < rows; row++) {
    const largest = factors[row]!;
    scales[(blockOf(panels, row, group) + scalesAt) / 4 + (row % panelRows)] = largest / 127;
    factors[row] = largest > 0 ? 127 / largest : 0;
  }
  for (let k = 0, i = 0; k < count; k++) {
    let at = group * blockBytes + weightAt(k);
    for (let row = 0; row < rows; at += groups * blockBytes)
      for (let lane = 0; lane < panelRows && row < rows; lane++, row++, i++)
        weights[at + 2 * lane] = rounded(values[i]! * factors[row]!);
  }
}

/** Where the weight of a block's first row in column k is. */
function weightAt(k: number): number {
  return (k >> 1) * 2 * panelRows + (k & 1);
}

/** Writes `values`, starting at element `start` of a matrix stored [rows][columns]. */
export function placeInt8Rows(panels: Int8Panels, start: number, values: Float32Array): void {
  const { columns } = panels;
  panels.staged ??= new Float32Array(groupColumns);
  for (let i = 0; i < values.length; ) {
    const row = Math.floor((start + i) / columns);
    const column = start + i - row * columns;
    const group = Math.floor(column / groupColumns);
    const within = column - group * groupColumns;
    const length = Math.min(groupColumns, columns - group * groupColumns);
    const count = Math.min(length - within, values.length - i);
    if (count === length) quantise(panels, row, group, values, i);
    else {
      panels.staged.set(values.subarray(i, i + count), within);
      if (within + count === length) quantise(panels, row, group, panels.staged, 0);
    }
    i += count;
  }
  if (start + values.length === panels.rows * columns) panels.staged = undefined;
}

/** Writes `values`, starting at element `start` of a matrix stored [columns][rows] (Conv1D). */
export function placeInt8Columns(panels: Int8Panels, start: number, values: Float32Array): void {
  const { rows, columns } = panels;
  panels.staged ??= new Float32Array(groupColumns * rows);
  for (let i = 0; i < values.length; ) {
    const column = Math.floor((start + i) / rows);
    const row = start + i - column * rows;
    const count = Math.min(rows - row, values.length - i);
    panels.staged.set(values.subarray(i, i + count), (column % groupColumns) * rows + row);
    i += count;
    const whole = (column + 1) % groupColumns === 0 || column + 1 === columns;
    if (row + count < rows || !whole) continue;
    quantiseGroup(panels, Math.floor(column / groupColumns), panels.staged);
  }
  if (start + values.length === rows * columns) panels.staged = undefined;
}

/** Adds one row of the matrix to output[at …]. */
export function addInt8Row(panels: Int8Panels, row: number, output: Float32Array, at: number): void {
  const lane = row % panelRows;
  for (let k = 0; k < panels.columns; k++) {
    const block = blockOf(panels, row, Math.floor(k / groupColumns));
    const scale = panels.scales[(block + scalesAt) / 4 + lane]!;
    output[at + k]! += panels.weights[block + weightAt(k % groupColumns) + 2 * lane]! * scale;
  }
}

/** Largest magnitude of a quantised input: the sum over a group stays below 2^31. */
const inputLevels = 32767;

/** A group of one row of x in int16, pairs of columns `pairStride` apart from `to[at]` on; returns its scale. */
export function quantiseInput(
  x: Float32Array,
  from: number,
  count: number,
  to: Int16Array,
  at: number,
  pairStride: number,
): number {
  let largest = 0;
  for (let i = from; i < from + count; i++) {
    const magnitude = Math.abs(x[i]!);
    if (magnitude > largest) largest = magnitude;
  }
  const factor = largest > 0 ? inputLevels / largest : 0;
  for (let k = 0, pair = at; k < groupColumns; k += 2, pair += pairStride) {
    to[pair] = k < count ? rounded(x[from + k]! * factor) : 0;
    to[pair + 1] = k + 1 < count ? rounded(x[from + k + 1]! * factor) : 0;
  }
  return Math.fround(largest / inputLevels);
}

/** Halves away from zero; several times as fast as Math.round. */
function rounded(value: number): number {
  return (value < 0 ? value - 0.5 : value + 0.5) | 0;
}

/**
 * output[t] = x[t] Wᵀ in plain JavaScript: sums of integers within a group, of f32 over groups, in the order in which
 * the SIMD products add, so that both give the same to the bit.
 */
export function multiplyInt8(panels: Int8Panels, x: Rows, output: Float32Array): void {
  const { columns, groups, paddedRows } = panels;
  const input = new Int16Array(groupColumns);
  for (let t = 0; t < x.count; t++) {
    const y = output.subarray(t * paddedRows, (t + 1) * paddedRows).fill(0);
    for (let group = 0; group < groups; group++) {
      const first = group * groupColumns;
      const count = Math.min(groupColumns, columns - first);
      const scale = quantiseInput(x.values, t * x.stride + first, count, input, 0, 2);
      for (let row = 0; row < paddedRows; row++) y[row]! += groupProduct(panels, row, group, input, scale);
    }
  }
}

function groupProduct(
  panels: Int8Panels,
  row: number,
  group: number,
  input: Int16Array,
  scale: number,
): number {
  const block = blockOf(panels, row, group);
  const lane = row % panelRows;
  let sum = 0;
  for (let k = 0; k < groupColumns; k++) sum += panels.weights[block + weightAt(k) + 2 * lane]! * input[k]!;
  return Math.fround(Math.fround(sum) * Math.fround(panels.scales[(block + scalesAt) / 4 + lane]! * scale));
}
