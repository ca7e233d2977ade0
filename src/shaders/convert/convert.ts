import { type Binding, defineKernel, type KernelSource } from '../../gpu/index.ts';
import { dtypeLayouts, type WeightDtype } from '../weights/weights.ts';
import convertMatrix from './matrix.wgsl?raw';
import convertRows from './rows.wgsl?raw';
import sourceBf16 from './source_bf16.wgsl?raw';
import sourceF16 from './source_f16.wgsl?raw';
import sourceF32 from './source_f32.wgsl?raw';
import storeF16 from './store_f16.wgsl?raw';
import storeF32 from './store_f32.wgsl?raw';
import storeInt4 from './store_int4.wgsl?raw';
import storeInt8 from './store_int8.wgsl?raw';

/** Dtypes weights may have in a checkpoint. */
export type SourceDtype = 'F32' | 'F16' | 'BF16';

export const sourceBytes: Record<SourceDtype, number> = { F32: 4, F16: 2, BF16: 2 };

const sources: Record<SourceDtype, string> = { F32: sourceF32, F16: sourceF16, BF16: sourceBf16 };
const stores: Record<WeightDtype, string> = {
  f32: storeF32,
  f16: storeF16,
  int8: storeInt8,
  int4: storeInt4,
};

/** Weights along the input that one lane converts. */
export const convertGroup = 64;

const raw: Binding = { name: 'raw', type: 'array<u32>', kind: 'read' };
const params: Binding = { name: 'params', type: 'Params', kind: 'uniform' };

/** What one dispatch of {@link convertMatrixKernel} converts; fields as struct Params of matrix.wgsl. */
export interface ConvertMatrixParams {
  rows: number;
  columns: number;
  rowBlocks: number;
  bandRow: number;
  firstRow: number;
  rowCount: number;
  firstGroup: number;
  groupCount: number;
  sourceStart: number;
}

export function packConvertMatrix(p: ConvertMatrixParams): Uint32Array<ArrayBuffer> {
  const { rows, columns, rowBlocks, bandRow, firstRow, rowCount, firstGroup, groupCount, sourceStart } = p;
  const words = [rows, columns, rowBlocks, bandRow, firstRow, rowCount, firstGroup, groupCount, sourceStart];
  return new Uint32Array([...words, 0, 0, 0]);
}

/** Bindings: raw, weights, scales (quantised only), params. One lane per 64 weights. */
export function convertMatrixKernel(from: SourceDtype, to: WeightDtype, inOut: boolean): KernelSource {
  const { scaleType } = dtypeLayouts[to];
  const scales: Binding[] = scaleType ? [{ name: 'scales', type: scaleType, kind: 'write' }] : [];
  return defineKernel({
    name: `convert ${from} ${inOut ? 'in-out' : 'out-in'} to ${to}`,
    constants: { IN_OUT: inOut },
    bindings: [raw, { name: 'weights', type: 'array<vec4u>', kind: 'write' }, ...scales, params],
    parts: [sources[from], stores[to], convertMatrix],
  });
}

/** What one dispatch of {@link convertRowsKernel} converts; fields as struct Params of rows.wgsl. */
export interface ConvertRowsParams {
  first: number;
  count: number;
  columns: number;
  stride: number;
  offset: number;
}

export function packConvertRows(p: ConvertRowsParams): Uint32Array<ArrayBuffer> {
  return new Uint32Array([p.first, p.count, p.columns, p.stride, p.offset, 0, 0, 0]);
}

/** Bindings: raw, out, params. One lane an element. */
export function convertRowsKernel(from: SourceDtype): KernelSource {
  return defineKernel({
    name: `convert ${from} rows`,
    constants: {},
    bindings: [raw, { name: 'out', type: 'array<f32>', kind: 'write' }, params],
    parts: [sources[from], convertRows],
  });
}
