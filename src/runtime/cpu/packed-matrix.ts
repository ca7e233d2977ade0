import { ceilDiv, VitrineError } from '../../lib/index.ts';

/** Rows that lie side by side in memory, so that one read of an input serves eight outputs. */
export const panelRows = 8;

/** A matrix W of y = x Wᵀ in the form in which its products are computed. */
export interface Matrix {
  rows: number;
  columns: number;
  /** Rows with those of zeros that fill the last panel: floats between two outputs. */
  paddedRows: number;
}

/** Matrices in one form. */
export interface MatrixMath<M extends Matrix = Matrix> {
  /** @param table whether it is the embedding, whose rows are looked up, or the head, which may be the same */
  create(rows: number, columns: number, table?: boolean): M;
  /** Writes values, starting at element `start` of the matrix as stored: [rows][columns]. */
  placeRows(matrix: M, start: number, values: Float32Array): void;
  /** As {@link placeRows}, of a matrix stored [columns][rows] (Conv1D). */
  placeColumns(matrix: M, start: number, values: Float32Array): void;
  /** Adds one row of the matrix to output[at …]. */
  addRow(matrix: M, row: number, output: Float32Array, at: number): void;
  /** output[t] = x[t] Wᵀ + bias for every row t; output rows are `paddedRows` apart. */
  multiply(matrix: M, x: Rows, output: Float32Array, bias?: Float32Array): void;
  equal(left: M, right: M): boolean;
  /** Threads that its products can use, not started yet; where memory is shared. */
  readonly threads?: { start(): void; stop(): void } | undefined;
}

/**
 * A matrix W of y = x Wᵀ in f32: panels of eight rows, in each `columns` groups of eight values, one of each row.
 * Rows past the last are zero. This is also how Conv1D checkpoints lie, eight outputs at a time.
 */
export interface Panels extends Matrix {
  values: Float32Array;
}

/** T rows of `columns` floats, `stride` apart. */
export interface Rows {
  values: Float32Array;
  stride: number;
  count: number;
}

/** Allocation and multiplication of matrices. */
export interface PanelMath {
  readonly threads?: MatrixMath['threads'];
  /** Zeros for a matrix. */
  allocate(floats: number): Float32Array;
  /** Writes eight whole rows, which begin at `values[from]`, to the panel that begins at `panel` of the matrix's values. */
  packPanel(matrix: Panels, panel: number, values: Float32Array, from: number): void;
  /** output[t] = x[t] Wᵀ for every row t; output rows are `paddedRows` apart. */
  multiply(matrix: Panels, x: Rows, output: Float32Array): void;
}

/** @throws VitrineError `out-of-memory` when the allocation fails */
export function allocateFloats(count: number): Float32Array {
  try {
    return new Float32Array(count);
  } catch (cause) {
    const megabytes = Math.ceil((count * 4) / 2 ** 20);
    throw new VitrineError(
      'out-of-memory',
      `Could not allocate ${megabytes} MiB for the model on the CPU. Close other tabs or choose a smaller model.`,
      { cause },
    );
  }
}

export function createPanels(math: PanelMath, rows: number, columns: number): Panels {
  const paddedRows = panelRows * ceilDiv(rows, panelRows);
  return { rows, columns, paddedRows, values: math.allocate(paddedRows * columns) };
}

/** Writes `values`, starting at element `start` of a matrix stored [rows][columns]. */
export function placeRows(
  panels: Panels,
  start: number,
  values: Float32Array,
  math: Pick<PanelMath, 'packPanel'>,
): void {
  const { columns, values: to } = panels;
  const panel = panelRows * columns;
  let i = 0;
  while (i < values.length) {
    const row = Math.floor((start + i) / columns);
    const column = start + i - row * columns;
    if (column === 0 && row % panelRows === 0 && i + panel <= values.length) {
      math.packPanel(panels, row * columns, values, i);
      i += panel;
      continue;
    }
    const end = Math.min(values.length, i + columns - column);
    for (let at = indexOf(panels, row, column); i < end; i++, at += panelRows) to[at] = values[i]!;
  }
}

/** {@link PanelMath.packPanel} in JavaScript: reads along eight rows, so that writes are in order. */
export function packPanel(
  { columns, values: to }: Panels,
  panel: number,
  values: Float32Array,
  from: number,
): void {
  for (let k = 0, at = panel; k < columns; k++, at += panelRows) {
    let i = from + k;
    for (let row = 0; row < panelRows; row++, i += columns) to[at + row] = values[i]!;
  }
}

/** Writes `values`, starting at element `start` of a matrix stored [columns][rows] (Conv1D). */
export function placeColumns(panels: Panels, start: number, values: Float32Array): void {
  const { rows, columns, values: to } = panels;
  let column = Math.floor(start / rows);
  let row = start % rows;
  for (let i = 0; i < values.length; ) {
    const end = Math.min(values.length, i + rows - row);
    for (; i < end && row % panelRows > 0; i++, row++) to[indexOf(panels, row, column)] = values[i]!;
    let at = indexOf(panels, row, column);
    for (; i + panelRows <= end; i += panelRows, row += panelRows, at += columns * panelRows)
      for (let lane = 0; lane < panelRows; lane++) to[at + lane] = values[i + lane]!;
    for (; i < end; i++, row++) to[indexOf(panels, row, column)] = values[i]!;
    if (row < rows) continue;
    row = 0;
    column++;
  }
}

/** Matrices in f32 by one of the ways to multiply them. */
export function f32Matrices(math: PanelMath): MatrixMath<Panels> {
  return {
    threads: math.threads,
    create: (rows, columns) => createPanels(math, rows, columns),
    placeRows: (matrix, start, values) => placeRows(matrix, start, values, math),
    placeColumns,
    addRow,
    multiply: (matrix, x, output, bias) => {
      math.multiply(matrix, x, output);
      if (bias) addBias({ values: output, stride: matrix.paddedRows, count: x.count }, bias);
    },
    equal: (left, right) =>
      left.values.length === right.values.length &&
      left.values.every((value, i) => value === right.values[i]),
  };
}

/** Adds the bias to `count` rows, `stride` apart. */
function addBias({ values, stride, count }: Rows, bias: Float32Array): void {
  const width = bias.length;
  for (let t = 0, at = 0; t < count; t++, at += stride)
    for (let i = 0; i < width; i++) values[at + i]! += bias[i]!;
}

function indexOf({ columns }: Panels, row: number, column: number): number {
  return ((row >>> 3) * columns + column) * panelRows + (row & 7);
}

/** Adds one row of the matrix to output[at …]. */
export function addRow(panels: Panels, row: number, output: Float32Array, at: number): void {
  const { columns, values } = panels;
  let from = indexOf(panels, row, 0);
  for (let k = 0; k < columns; k++, from += panelRows) output[at + k]! += values[from]!;
}

/**
 * Plain JavaScript: sums in f64, always in the order of the columns, so that a row's result does not depend on how
 * many rows are computed with it.
 */
export const plainMath: PanelMath = {
  allocate: allocateFloats,
  packPanel,
  multiply(matrix, x, output) {
    const { columns, paddedRows, values } = matrix;
    const panelFloats = columns * panelRows;
    const pairs = x.count - (x.count % 2);
    for (let row = 0, panel = 0; row < paddedRows; row += panelRows, panel += panelFloats) {
      for (let t = 0; t < pairs; t += 2) {
        const from = t * x.stride;
        const to = t * paddedRows + row;
        for (let half = 0; half < panelRows; half += 4)
          twoByFour(values, panel + half, columns, x, from, output, to + half, paddedRows);
      }
      if (pairs < x.count)
        oneByEight(values, panel, columns, x.values, pairs * x.stride, output, pairs * paddedRows + row);
    }
  },
};

/** Eight rows of the matrix times one row of x. */
function oneByEight(
  W: Float32Array,
  panel: number,
  columns: number,
  x: Float32Array,
  from: number,
  y: Float32Array,
  to: number,
): void {
  let [y0, y1, y2, y3, y4, y5, y6, y7] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let k = 0, w = panel; k < columns; k++, w += panelRows) {
    const value = x[from + k]!;
    y0 += W[w]! * value;
    y1 += W[w + 1]! * value;
    y2 += W[w + 2]! * value;
    y3 += W[w + 3]! * value;
    y4 += W[w + 4]! * value;
    y5 += W[w + 5]! * value;
    y6 += W[w + 6]! * value;
    y7 += W[w + 7]! * value;
  }
  y[to] = y0;
  y[to + 1] = y1;
  y[to + 2] = y2;
  y[to + 3] = y3;
  y[to + 4] = y4;
  y[to + 5] = y5;
  y[to + 6] = y6;
  y[to + 7] = y7;
}

/** Half a panel times two rows of x: each weight read is used twice. */
function twoByFour(
  W: Float32Array,
  panel: number,
  columns: number,
  { values: x, stride }: Rows,
  from: number,
  y: Float32Array,
  to: number,
  yStride: number,
): void {
  let [a0, a1, a2, a3, b0, b1, b2, b3] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let k = 0, w = panel; k < columns; k++, w += panelRows) {
    const a = x[from + k]!;
    const b = x[from + stride + k]!;
    a0 += W[w]! * a;
    a1 += W[w + 1]! * a;
    a2 += W[w + 2]! * a;
    a3 += W[w + 3]! * a;
    b0 += W[w]! * b;
    b1 += W[w + 1]! * b;
    b2 += W[w + 2]! * b;
    b3 += W[w + 3]! * b;
  }
  y[to] = a0;
  y[to + 1] = a1;
  y[to + 2] = a2;
  y[to + 3] = a3;
  y[to + yStride] = b0;
  y[to + yStride + 1] = b1;
  y[to + yStride + 2] = b2;
  y[to + yStride + 3] = b3;
}
