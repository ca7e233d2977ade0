import type { Gpu } from '../../gpu/index.ts';
import { ceilDiv, numberToF16 } from '../../lib/index.ts';
import {
  convertGroup,
  convertMatrixKernel,
  convertRowsKernel,
  type MatrixFormat,
  matrixFormat,
  packConvertMatrix,
  packConvertRows,
  type SourceDtype,
  scaleBytes,
  type WeightDtype,
} from '../../shaders/index.ts';
import { packMatrix, unpackMatrix } from '../../shaders/reference/index.ts';
import { kernelCase, type Operation } from '../case.ts';
import { compareNumbers } from '../support/compare.ts';
import { filled, readFloats, readWords, runKernel, upload, uploadUniform } from '../support/gpu.ts';
import { randomFloats } from '../support/numbers.ts';

const rows = 45;
const columns = 100;

/** Numbers as a checkpoint holds them: their words, and their values after rounding to the dtype. */
function sourceWords(values: Float32Array, dtype: SourceDtype) {
  if (dtype === 'F32') return new Uint32Array(values.slice().buffer);
  const halves = new Uint16Array(values.length + (values.length % 2));
  for (const [i, value] of values.entries())
    halves[i] =
      dtype === 'F16'
        ? numberToF16(value)
        : (new Uint32Array(Float32Array.of(value).buffer)[0] as number) >>> 16;
  return new Uint32Array(halves.buffer);
}

/** Multiples of 1/64 with few digits: every source dtype holds them exactly. */
function exactValues(seed: number, count: number): Float32Array {
  return randomFloats(seed, count).map((value) => Math.round(value * 32) / 32);
}

/** Converts the whole matrix in one dispatch, 64 weights a lane, and returns it unpacked. */
async function convertMatrix(
  gpu: Gpu,
  stored: Float32Array,
  format: MatrixFormat,
  { from, inOut }: { from: SourceDtype; inOut: boolean },
): Promise<Float32Array> {
  const groupCount = format.paddedColumns / convertGroup;
  const params = packConvertMatrix({
    rows,
    columns,
    rowBlocks: format.rowBlocks,
    bandRow: 0,
    firstRow: 0,
    rowCount: rows,
    firstGroup: 0,
    groupCount,
    sourceStart: 0,
  });
  const weights = filled(gpu, rows * format.rowBlocks * 4, 9);
  const scales = scaleBytes(format) > 0 ? filled(gpu, scaleBytes(format) / 4, 9) : undefined;
  const buffers = [upload(gpu, sourceWords(stored, from)), weights, ...(scales ? [scales] : [])];
  const grid = [ceilDiv(rows * groupCount, 64), 1, 1] as const;
  const kernel = convertMatrixKernel(from, format.dtype, inOut);
  await runKernel(gpu, kernel, [...buffers, uploadUniform(gpu, params)], grid);
  const words = async (buffer: GPUBuffer, count: number) =>
    new Uint32Array(await readWords(gpu, buffer, count));
  const bands = [await words(weights, rows * format.rowBlocks * 4)];
  return unpackMatrix({ bands, scales: scales && (await words(scales, scaleBytes(format) / 4)) }, format);
}

async function checkMatrix(gpu: Gpu, from: SourceDtype, to: WeightDtype, inOut: boolean) {
  const values = exactValues(1, rows * columns); // [rows][columns]
  const stored = inOut
    ? Float32Array.from(values, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)] as number)
    : values;
  const format = matrixFormat(to, rows, columns, 2 ** 27);
  const actual = await convertMatrix(gpu, stored, format, { from, inOut });
  const expected = unpackMatrix(packMatrix(values, format), format);
  // A weight halfway between two steps may go either way, and with it the choice among int4 scales.
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const absolute = { f32: 0, f16: 0, int8: largest / 127, int4: largest / 6 }[to];
  const loss = (kept: Float32Array) => [
    kept.reduce((sum, value, i) => sum + (value - (values[i] as number)) ** 2, 0),
  ];
  return [
    compareNumbers('weights', actual, expected, { absolute }),
    compareNumbers('squared error of all weights', loss(actual), loss(expected), { relative: 1e-3 }),
  ];
}

async function checkRows(gpu: Gpu, from: SourceDtype) {
  const [count, width, stride, offset] = [60, 12, 16, 3];
  const values = exactValues(2, count);
  const out = filled(gpu, offset + (count / width) * stride, 9);
  const params = packConvertRows({ first: 0, count, columns: width, stride, offset });
  const buffers = [upload(gpu, sourceWords(values, from)), out, uploadUniform(gpu, params)];
  await runKernel(gpu, convertRowsKernel(from), buffers, [1, 1, 1]);
  const expected = new Float32Array(offset + (count / width) * stride).fill(9);
  for (const [i, value] of values.entries())
    expected[offset + Math.floor(i / width) * stride + (i % width)] = value;
  return compareNumbers('rows', await readFloats(gpu, out, expected.length), expected);
}

const sources = ['F32', 'F16', 'BF16'] as const;

export const convertOperation: Operation = {
  name: 'conversion of weights',
  cases: [
    ...sources.flatMap((from) =>
      (['f32', 'f16', 'int8', 'int4'] as const).flatMap((to) =>
        [false, true].map((inOut) =>
          kernelCase(`${from} ${inOut ? '[in][out]' : '[out][in]'} to ${to}`, (gpu) =>
            checkMatrix(gpu, from, to, inOut),
          ),
        ),
      ),
    ),
    ...sources.map((from) => kernelCase(`${from} vectors and rows`, (gpu) => checkRows(gpu, from))),
  ],
};
