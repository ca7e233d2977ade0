import { type Binding, defineKernel, defineStruct, type KernelSource } from '../../gpu/index.ts';
import lane from '../shared/lane.wgsl?raw';
import { dtypeLayouts, type WeightDtype } from '../weights/weights.ts';
import convertMatrix from './matrix.wgsl?raw';
import convertRows from './rows.wgsl?raw';
import { stores } from './store.ts';

/** Dtypes weights may have in a checkpoint. */
export type SourceDtype = 'F32' | 'F16' | 'BF16';

export const sourceBytes: Record<SourceDtype, number> = { F32: 4, F16: 2, BF16: 2 };

/** `element(i)`: element i of the raw bytes. BF16 is the upper half of an F32. */
const sources: Record<SourceDtype, string> = {
  F32: /* wgsl */ `
fn element(i: u32) -> f32 {
  return bitcast<f32>(raw[i]);
}
`,
  F16: /* wgsl */ `
fn element(i: u32) -> f32 {
  return unpack2x16float(raw[i / 2u])[i % 2u];
}
`,
  BF16: /* wgsl */ `
fn element(i: u32) -> f32 {
  return bitcast<f32>((raw[i / 2u] >> (16u * (i % 2u))) << 16u);
}
`,
};

/** Weights along the input that one lane converts. */
export const convertGroup = 64;

const raw: Binding = { name: 'raw', type: 'array<u32>', kind: 'read' };
const params: Binding = { name: 'params', type: 'Params', kind: 'uniform' };

/** The part of a matrix that one dispatch of {@link convertMatrixKernel} converts. */
export const convertMatrixStruct = defineStruct('Params', {
  rows: 'of the matrix',
  columns: 'of the matrix',
  rowBlocks: '16-byte blocks a row',
  bandRow: 'row at the start of the bound buffer',
  firstRow: 'first row converted by this dispatch',
  rowCount: 'rows converted',
  firstGroup: 'first group of 64 columns converted by this dispatch',
  groupCount: 'groups converted',
  sourceStart: 'row (or, IN_OUT, column) of the matrix at the start of raw',
});

export const packConvertMatrix = convertMatrixStruct.pack;

/** Bindings: raw, weights, scales (quantised only), params. One lane per 64 weights. */
export function convertMatrixKernel(from: SourceDtype, to: WeightDtype, inOut: boolean): KernelSource {
  const { scaleType } = dtypeLayouts[to];
  const scales: Binding[] = scaleType ? [{ name: 'scales', type: scaleType, kind: 'write' }] : [];
  return defineKernel({
    name: `convert ${from} ${inOut ? 'in-out' : 'out-in'} to ${to}`,
    constants: { IN_OUT: inOut },
    structs: [convertMatrixStruct],
    bindings: [raw, { name: 'weights', type: 'array<vec4u>', kind: 'write' }, ...scales, params],
    parts: [sources[from], stores[to], lane, convertMatrix],
  });
}

/** The rows that one dispatch of {@link convertRowsKernel} converts. */
export const convertRowsStruct = defineStruct('Params', {
  first: 'index in the tensor of the first raw element',
  count: 'elements',
  columns: 'of the tensor',
  stride: 'floats between rows of out',
  offset: 'floats before row 0',
});

export const packConvertRows = convertRowsStruct.pack;

/** Bindings: raw, out, params. One lane an element. */
export function convertRowsKernel(from: SourceDtype): KernelSource {
  return defineKernel({
    name: `convert ${from} rows`,
    constants: {},
    structs: [convertRowsStruct],
    bindings: [raw, { name: 'out', type: 'array<f32>', kind: 'write' }, params],
    parts: [sources[from], lane, convertRows],
  });
}
