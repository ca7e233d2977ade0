import { ceilDiv } from '../../lib/index.ts';
import { inputLevels } from './input-code.ts';
import { int4Scale, nearest } from './int4-scale.ts';
import { type Matrix, panelRows, type Rows } from './packed-matrix.ts';
import { blockBytes, int8, type WeightForm } from './weight-form.ts';

/** A quantised matrix W of y = x Wᵀ: panels of eight rows, in each a block for every group of columns. */
export interface QuantisedPanels extends Matrix {
  form: WeightForm;
  groups: number;
  /** The memory, and where the first block begins. */
  weights: Int8Array;
  scales: Float32Array;
  /** Values of groups that are not whole yet; undefined when none is. */
  staged: Float32Array | undefined;
}

export function quantisedBytes(form: WeightForm, rows: number, columns: number): number {
  return ceilDiv(rows, panelRows) * ceilDiv(columns, form.groupColumns) * blockBytes(form);
}

/** @param at where in `buffer` its blocks begin, a multiple of 16; they are zero */
export function createQuantisedPanels(
  form: WeightForm,
  buffer: ArrayBuffer,
  at: number,
  rows: number,
  columns: number,
): QuantisedPanels {
  const bytes = quantisedBytes(form, rows, columns);
  return {
    ...{ form, rows, columns },
    paddedRows: panelRows * ceilDiv(rows, panelRows),
    groups: ceilDiv(columns, form.groupColumns),
    weights: new Int8Array(buffer, at, bytes),
    scales: new Float32Array(buffer, at, bytes / 4),
    staged: undefined,
  };
}

function blockOf({ form, groups }: QuantisedPanels, row: number, group: number): number {
  return (Math.floor(row / panelRows) * groups + group) * blockBytes(form);
}

/** Where a row's scale of a block is among the scales. */
function scaleAt({ form }: QuantisedPanels, block: number, lane: number): number {
  return (block + form.weightBytes) / 4 + lane;
}

/** Quantises a group of one row, `values` from `from` on. */
function quantise(
  panels: QuantisedPanels,
  row: number,
  group: number,
  values: Float32Array,
  from: number,
): void {
  const { groupColumns } = panels.form;
  const count = Math.min(groupColumns, panels.columns - group * groupColumns);
  const block = blockOf(panels, row, group);
  const own = values.subarray(from, from + count);
  if (panels.form === int8) quantiseInt8(panels, block, row % panelRows, own);
  else quantiseInt4(panels, block, row % panelRows, own);
}

function quantiseInt8(panels: QuantisedPanels, block: number, lane: number, values: Float32Array): void {
  let largest = 0;
  for (let k = 0; k < values.length; k++) largest = Math.max(largest, Math.abs(values[k]!));
  panels.scales[scaleAt(panels, block, lane)] = largest / 127;
  const factor = Math.fround(largest > 0 ? 127 / largest : 0);
  for (let k = 0; k < values.length; k++)
    panels.weights[block + byteAt(k) + 2 * lane] = rounded(values[k]! * factor);
}

function quantiseInt4(panels: QuantisedPanels, block: number, lane: number, values: Float32Array): void {
  const scale = int4Scale(values);
  panels.scales[scaleAt(panels, block, lane)] = scale;
  for (let k = 0; k < values.length; k++) {
    const value = Math.max(-8, Math.min(7, nearest(values[k]! / scale)));
    const at = block + nibbleAt(k, lane);
    const shift = nibbleShift(k);
    panels.weights[at] = (panels.weights[at]! & (0xf0 >> shift)) | ((value + 8) << shift);
  }
}

/** Where the int8 weight of a block's first row in column k is: those of two columns after those of the two before. */
function byteAt(k: number): number {
  return (k >> 1) * 2 * panelRows + (k & 1);
}

/**
 * The byte of an int4 weight. Eight columns take 32 bytes: 32 bits a row, of which the 16 lower ones are the four even
 * columns, the 16 upper ones the odd columns.
 */
function nibbleAt(k: number, lane: number): number {
  return (k >> 3) * 4 * panelRows + 4 * lane + 2 * (k & 1) + ((k >> 2) & 1);
}

/** Columns 2 and 3, and 6 and 7, are the high nibbles. */
function nibbleShift(k: number): number {
  return 2 * (k & 2);
}

function weightOf({ form, weights }: QuantisedPanels, block: number, k: number, lane: number): number {
  if (form === int8) return weights[block + byteAt(k) + 2 * lane]!;
  return ((weights[block + nibbleAt(k, lane)]! >> nibbleShift(k)) & 15) - 8;
}

/** Quantises a group of columns of all rows, `values` [columns][rows]. */
function quantiseGroup(panels: QuantisedPanels, group: number, values: Float32Array): void {
  if (panels.form === int8) {
    quantiseInt8Group(panels, group, values);
    return;
  }
  const { rows, columns, form } = panels;
  const count = Math.min(form.groupColumns, columns - group * form.groupColumns);
  const own = new Float32Array(count);
  for (let row = 0; row < rows; row++) {
    for (let k = 0, i = row; k < count; k++, i += rows) own[k] = values[i]!;
    quantiseInt4(panels, blockOf(panels, row, group), row % panelRows, own);
  }
}

/** Reads in order: rows are far apart there. */
function quantiseInt8Group(panels: QuantisedPanels, group: number, values: Float32Array): void {
  const { rows, columns, groups, weights, scales, form } = panels;
  const { groupColumns } = form;
  const count = Math.min(groupColumns, columns - group * groupColumns);
  const factors = new Float32Array(rows);
  for (let k = 0, i = 0; k < count; k++)
    for (let row = 0; row < rows; row++, i++) {
      const magnitude = Math.abs(values[i]!);
      if (magnitude > factors[row]!) factors[row] = magnitude;
    }
  for (let row = 0; row < rows; row++) {
    const largest = factors[row]!;
    scales[scaleAt(panels, blockOf(panels, row, group), row % panelRows)] = largest / 127;
    factors[row] = largest > 0 ? 127 / largest : 0;
  }
  const stride = groups * blockBytes(form);
  for (let k = 0, i = 0; k < count; k++) {
    let at = group * blockBytes(form) + byteAt(k);
    for (let row = 0; row < rows; at += stride)
      for (let lane = 0; lane < panelRows && row < rows; lane++, row++, i++)
        weights[at + 2 * lane] = rounded(values[i]! * factors[row]!);
  }
}

/** Writes `values`, starting at element `start` of a matrix stored [rows][columns]. */
export function placeQuantisedRows(panels: QuantisedPanels, start: number, values: Float32Array): void {
  const { columns } = panels;
  const { groupColumns } = panels.form;
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
export function placeQuantisedColumns(panels: QuantisedPanels, start: number, values: Float32Array): void {
  const { rows, columns } = panels;
  const { groupColumns } = panels.form;
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
export function addQuantisedRow(
  panels: QuantisedPanels,
  row: number,
  output: Float32Array,
  at: number,
): void {
  const lane = row % panelRows;
  const { groupColumns } = panels.form;
  for (let first = 0, group = 0; first < panels.columns; first += groupColumns, group++) {
    const block = blockOf(panels, row, group);
    const scale = panels.scales[scaleAt(panels, block, lane)]!;
    const count = Math.min(groupColumns, panels.columns - first);
    for (let k = 0; k < count; k++) output[at + first + k]! += weightOf(panels, block, k, lane) * scale;
  }
}

/** As `input-code.ts`: a group of one row of x in int16, without what lies past `count`; returns its scale. */
function quantiseInput(x: Float32Array, from: number, count: number, to: Int16Array): number {
  let largest = 0;
  for (let i = from; i < from + count; i++) largest = Math.max(largest, Math.abs(x[i]!));
  const factor = Math.fround(inputLevels / largest);
  for (let k = 0; k < to.length; k++) {
    const value = k < count ? nearest(Math.fround(x[from + k]! * factor)) : 0;
    to[k] = Math.max(-inputLevels - 1, Math.min(inputLevels, value));
  }
  return Math.fround(largest / inputLevels);
}

/** Halves away from zero; several times as fast as Math.round. */
function rounded(value: number): number {
  return (value < 0 ? value - 0.5 : value + 0.5) | 0;
}

/**
 * output[t] = x[t] Wᵀ + bias in plain JavaScript: sums of integers within a group, of f32 over groups, in the order in
 * which the SIMD products add, so that both give the same to the bit.
 */
export function multiplyQuantised(
  panels: QuantisedPanels,
  x: Rows,
  output: Float32Array,
  bias?: Float32Array,
): void {
  const { columns, groups, paddedRows } = panels;
  const { groupColumns } = panels.form;
  const input = new Int16Array(groupColumns);
  for (let t = 0; t < x.count; t++) {
    const y = output.subarray(t * paddedRows, (t + 1) * paddedRows).fill(0);
    if (bias) y.set(bias);
    for (let group = 0; group < groups; group++) {
      const first = group * groupColumns;
      const count = Math.min(groupColumns, columns - first);
      const scale = quantiseInput(x.values, t * x.stride + first, count, input);
      for (let row = 0; row < paddedRows; row++) y[row]! += groupProduct(panels, row, group, input, scale);
    }
  }
}

function groupProduct(
  panels: QuantisedPanels,
  row: number,
  group: number,
  input: Int16Array,
  scale: number,
): number {
  const block = blockOf(panels, row, group);
  const lane = row % panelRows;
  let sum = 0;
  for (let k = 0; k < input.length; k++) sum += weightOf(panels, block, k, lane) * input[k]!;
  return Math.fround(Math.fround(sum) * Math.fround(panels.scales[scaleAt(panels, block, lane)]! * scale));
}
