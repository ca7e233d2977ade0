import { f16ToNumber, numberToF16 } from '../../lib/index.ts';
import type { MatrixFormat } from './weights.ts';

/** A matrix as its buffers hold it: one array a band, and the scales' words. */
export interface PackedMatrix {
  bands: Uint32Array<ArrayBuffer>[];
  scales: Uint32Array<ArrayBuffer> | undefined;
}

/** The scale of 64 weights in int8: the largest magnitude over 127. */
export function int8Scale(group: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < group.length; i++) largest = Math.max(largest, Math.abs(group[i] as number));
  return Math.fround(largest / 127);
}

export function quantiseInt8(value: number, scale: number): number {
  return scale === 0 ? 0 : clampRound(value / scale, -127, 127);
}

/**
 * The scale of 32 weights in int4, an f16 with a sign: of eleven that map the weight of largest magnitude to
 * between -6 and -8.5 the one of least squared error; 1 when all are zero.
 */
export function int4Scale(group: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < group.length; i++) {
    if (Math.abs(group[i] as number) > Math.abs(largest)) largest = group[i] as number;
  }
  if (Math.abs(largest) < 1e-7) return 1;
  let best = 1;
  let bestError = Number.POSITIVE_INFINITY;
  for (let candidate = 0; candidate < 11; candidate++) {
    const scale = f16ToNumber(numberToF16(largest / -(6 + 0.25 * candidate)));
    const error = scale === 0 ? Number.POSITIVE_INFINITY : int4Error(group, scale);
    if (error < bestError) {
      bestError = error;
      best = scale;
    }
  }
  return best;
}

/** Sum of squared quantisation errors of 32 weights at a scale. */
export function int4Error(group: ArrayLike<number>, scale: number): number {
  let error = 0;
  for (let i = 0; i < group.length; i++) {
    const value = group[i] as number;
    error += (value - quantiseInt4(value, scale) * scale) ** 2;
  }
  return error;
}

export function quantiseInt4(value: number, scale: number): number {
  return clampRound(value / scale, -8, 7);
}

/** Rounds half to even, as WGSL does. */
function clampRound(value: number, low: number, high: number): number {
  const floor = Math.floor(value);
  const even = floor % 2 === 0 ? floor : floor + 1;
  const rounded = value - floor === 0.5 ? even : Math.round(value);
  return Math.min(high, Math.max(low, rounded));
}

/** Packs rows [rows][columns] as the kernels read them: padded with zeros, converted, in bands. */
export function packMatrix(weights: ArrayLike<number>, format: MatrixFormat): PackedMatrix {
  const { rows, columns, paddedColumns, rowBlocks, bandRows } = format;
  const bands = Array.from({ length: format.bands }, (_, band) => {
    return new Uint32Array(Math.min(bandRows, rows - band * bandRows) * rowBlocks * 4);
  });
  const perScale = { f32: 0, f16: 0, int8: 64, int4: 32 }[format.dtype];
  const scaleCount = perScale ? (rows * paddedColumns) / perScale : 0;
  const scales = scaleCount
    ? new Uint32Array(format.dtype === 'int8' ? scaleCount : Math.ceil(scaleCount / 2))
    : undefined;
  for (let row = 0; row < rows; row++) {
    const padded = new Float32Array(paddedColumns);
    for (let k = 0; k < columns; k++) padded[k] = weights[row * columns + k] as number;
    const band = bands[Math.floor(row / bandRows)] as Uint32Array;
    const words = band.subarray((row % bandRows) * rowBlocks * 4, ((row % bandRows) + 1) * rowBlocks * 4);
    packRow(padded, words, scales, row, format);
  }
  return { bands, scales };
}

function packRow(
  row: Float32Array,
  words: Uint32Array,
  scales: Uint32Array | undefined,
  index: number,
  { dtype }: MatrixFormat,
): void {
  if (dtype === 'f32') words.set(new Uint32Array(row.slice().buffer));
  if (dtype === 'f16') {
    for (let word = 0; word < words.length; word++) {
      words[word] = f16Bits(row[2 * word]) | (f16Bits(row[2 * word + 1]) << 16);
    }
  }
  if (dtype === 'int8') packInt8(row, words, scales as Uint32Array, index);
  if (dtype === 'int4') packInt4(row, words, scales as Uint32Array, index);
}

function f16Bits(value: number | undefined): number {
  return numberToF16(Math.min(65504, Math.max(-65504, value ?? 0)));
}

function packInt8(row: Float32Array, words: Uint32Array, scales: Uint32Array, index: number): void {
  const groups = row.length / 64;
  const asFloats = new Float32Array(scales.buffer);
  for (let group = 0; group < groups; group++) {
    const scale = int8Scale(row.subarray(group * 64, group * 64 + 64));
    asFloats[index * groups + group] = scale;
    for (let i = group * 64; i < group * 64 + 64; i++) {
      const byte = quantiseInt8(row[i] as number, scale) & 0xff;
      words[i >> 2] = ((words[i >> 2] as number) | (byte << (8 * (i % 4)))) >>> 0;
    }
  }
}

function packInt4(row: Float32Array, words: Uint32Array, scales: Uint32Array, index: number): void {
  const blocks = row.length / 32;
  for (let block = 0; block < blocks; block++) {
    const scale = int4Scale(row.subarray(block * 32, block * 32 + 32));
    const at = index * blocks + block;
    scales[at >> 1] = ((scales[at >> 1] as number) | (numberToF16(scale) << (16 * (at % 2)))) >>> 0;
    for (let i = block * 32; i < block * 32 + 32; i++) {
      const nibble = quantiseInt4(row[i] as number, scale) + 8;
      // Eight weights a word: the first four in the low nibbles of its bytes, the next four in the high ones.
      const shift = 8 * (i % 4) + (i % 8 < 4 ? 0 : 4);
      words[i >> 3] = ((words[i >> 3] as number) | (nibble << shift)) >>> 0;
    }
  }
}

/** The values of a packed matrix as kernels read them: [rows][columns]. */
export function unpackMatrix({ bands, scales }: PackedMatrix, format: MatrixFormat): Float32Array {
  const { rows, columns, rowBlocks, bandRows } = format;
  const out = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const band = bands[Math.floor(row / bandRows)] as Uint32Array;
    const start = (row % bandRows) * rowBlocks * 4;
    for (let k = 0; k < columns; k++) out[row * columns + k] = element(band, start, scales, row, k, format);
  }
  return out;
}

function element(
  words: Uint32Array,
  start: number,
  scales: Uint32Array | undefined,
  row: number,
  k: number,
  { dtype, paddedColumns }: MatrixFormat,
): number {
  const word = (index: number) => words[start + index] as number;
  switch (dtype) {
    case 'f32':
      return floatOf(word(k));
    case 'f16':
      return f16ToNumber((word(k >> 1) >>> (16 * (k % 2))) & 0xffff);
    case 'int8': {
      const byte = ((word(k >> 2) >>> (8 * (k % 4))) << 24) >> 24;
      return byte * floatOf((scales as Uint32Array)[(row * paddedColumns + k) >> 6] as number);
    }
    case 'int4': {
      const nibble = (word(k >> 3) >>> (8 * (k % 4) + (k % 8 < 4 ? 0 : 4))) & 15;
      const at = (row * paddedColumns + k) >> 5;
      const pair = (scales as Uint32Array)[at >> 1] as number;
      return (nibble - 8) * f16ToNumber((pair >>> (16 * (at % 2))) & 0xffff);
    }
  }
}

const view = new DataView(new ArrayBuffer(4));

function floatOf(bits: number): number {
  view.setUint32(0, bits);
  return view.getFloat32(0);
}
