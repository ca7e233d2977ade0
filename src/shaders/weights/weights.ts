import type { Binding, Constants } from '../../gpu/index.ts';
import { assert, ceilDiv, roundUp } from '../../lib/index.ts';
import { blockAccess, loadFromBands, loadFromOne, type WeightDtype } from './blocks.ts';

export type { WeightDtype };

/** Bytes a lane loads at once. */
export const blockBytes = 16;

interface DtypeLayout {
  /** Weights in one 16-byte block. */
  perBlock: number;
  /** Weights along the input that share a scale; 0 without scales. */
  perScale: number;
  scaleBytes: number;
  scaleType: string;
}

export const dtypeLayouts: Record<WeightDtype, DtypeLayout> = {
  f32: { perBlock: 4, perScale: 0, scaleBytes: 0, scaleType: '' },
  f16: { perBlock: 8, perScale: 0, scaleBytes: 0, scaleType: '' },
  int8: { perBlock: 16, perScale: 64, scaleBytes: 4, scaleType: 'array<f32>' },
  int4: { perBlock: 32, perScale: 32, scaleBytes: 2, scaleType: 'array<u32>' },
};

/** Rows are padded with zeros to whole scale groups of the widest kind, so kernels have no tail. */
export const columnStep = 64;

/** A matrix W [rows][columns] as the kernels read it, in every detail but the buffers. */
export interface MatrixFormat {
  dtype: WeightDtype;
  rows: number;
  columns: number;
  /** columns padded to {@link columnStep}. */
  paddedColumns: number;
  /** 16-byte blocks a row. */
  rowBlocks: number;
  /** Buffers the rows are cut into, and rows in each but the last. */
  bands: number;
  bandRows: number;
}

/** Plans a matrix for a device that binds at most `bindingLimit` bytes at once. */
export function matrixFormat(
  dtype: WeightDtype,
  rows: number,
  columns: number,
  bindingLimit: number,
): MatrixFormat {
  const paddedColumns = roundUp(columns, columnStep);
  const rowBlocks = paddedColumns / dtypeLayouts[dtype].perBlock;
  const rowsPerBinding = Math.floor(bindingLimit / (rowBlocks * blockBytes));
  assert(rowsPerBinding > 0, `a row of ${columns} weights fits the binding limit`);
  const bandCount = ceilDiv(rows, rowsPerBinding);
  return {
    dtype,
    rows,
    columns,
    paddedColumns,
    rowBlocks,
    bands: bandCount,
    bandRows: ceilDiv(rows, bandCount),
  };
}

export function bandBytes(format: MatrixFormat, band: number): number {
  const rows = Math.min(format.bandRows, format.rows - band * format.bandRows);
  return rows * format.rowBlocks * blockBytes;
}

/** Bytes of the scales; 0 without. */
export function scaleBytes(format: MatrixFormat): number {
  const { perScale, scaleBytes: each } = dtypeLayouts[format.dtype];
  return perScale ? roundUp((format.rows * format.paddedColumns * each) / perScale, 4) : 0;
}

export function matrixBytes(format: MatrixFormat): number {
  return format.rows * format.rowBlocks * blockBytes + scaleBytes(format);
}

/** Bindings w0 … and scales, in the order of {@link MatrixBuffers}. */
export function matrixBindings(format: MatrixFormat): Binding[] {
  const list: Binding[] = [];
  for (let band = 0; band < format.bands; band++) {
    list.push({ name: `w${band}`, type: 'array<vec4u>', kind: 'read' });
  }
  const { scaleType } = dtypeLayouts[format.dtype];
  if (scaleType) list.push({ name: 'scales', type: scaleType, kind: 'read' });
  return list;
}

/** Bindings of a matrix times x, plus what biasAndNorm holds: x, w0 …, scales, biasAndNorm. */
export function productBindings(format: MatrixFormat): Binding[] {
  return [
    { name: 'x', type: 'array<vec4f>', kind: 'read' },
    ...matrixBindings(format),
    { name: 'bias_and_norm', type: 'array<vec4f>', kind: 'read' },
  ];
}

/** Constants KB, BLOCK4, BANDS, BAND_ROWS of the parts. */
export function matrixConstants(format: MatrixFormat): Constants {
  return {
    KB: format.rowBlocks,
    BLOCK4: dtypeLayouts[format.dtype].perBlock / 4,
    BANDS: format.bands,
    BAND_ROWS: format.bandRows,
  };
}

/** `load_block`, `block_vec4`, `block_scale`. */
export function matrixParts(format: MatrixFormat): string[] {
  return [format.bands === 1 ? loadFromOne : loadFromBands, blockAccess[format.dtype]];
}

/** A matrix on the GPU: what {@link matrixBindings} bind. */
export interface Matrix {
  format: MatrixFormat;
  bands: GPUBuffer[];
  scales: GPUBuffer | undefined;
}

export function matrixBuffers(matrix: Matrix): GPUBuffer[] {
  return matrix.scales ? [...matrix.bands, matrix.scales] : matrix.bands;
}
