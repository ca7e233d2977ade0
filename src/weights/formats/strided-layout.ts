import type { Dtype, TensorInfo } from '../types.ts';

/** A view of values in a file: sizes and strides in values, from `begin` bytes. */
export interface StridedView {
  name: string;
  dtype: Dtype;
  valueBytes: number;
  shape: readonly number[];
  strides: readonly number[];
  file: string;
  begin: number;
}

/** Position tables are read as rows everywhere, so their values must come in order. */
const neverTransposed = /(^|\.)wpe\.weight$/;

/**
 * The tensor of a strided view. Values in row-major order need no layout; a matrix that lies as its transpose is
 * marked `transposed`, so that it streams without being held; F64 becomes F32.
 */
export function tensorOfView(view: StridedView): TensorInfo {
  const { name, shape, strides, file, begin, valueBytes } = view;
  const dtype = view.dtype === 'F64' ? 'F32' : view.dtype;
  const count = shape.reduce((product, size) => product * size, 1);
  const reach = count === 0 ? 0 : 1 + shape.reduce((sum, size, i) => sum + (size - 1) * (strides[i] ?? 0), 0);
  const base = { name, dtype, shape, file, begin, end: begin + reach * valueBytes };
  const columns = shape.length === 2 && !neverTransposed.test(name) && !inOrder(shape, strides);
  if (columns && inOrder([...shape].reverse(), [...strides].reverse())) {
    const sizes = [...shape].reverse();
    const steps = [...strides].reverse();
    return { ...base, transposed: true, ...layout(view.dtype, sizes, steps) };
  }
  return { ...base, ...layout(view.dtype, shape, strides) };
}

function layout(dtype: Dtype, sizes: readonly number[], strides: readonly number[]): Partial<TensorInfo> {
  if (dtype !== 'F64' && isContiguous(sizes, strides)) return {};
  return { stored: { dtype, sizes, strides } };
}

/** True when values that follow each other in row-major order follow each other in the file, with or without gaps. */
export function inOrder(sizes: readonly number[], strides: readonly number[]): boolean {
  let reach = 1;
  for (let i = sizes.length - 1; i >= 0; i--) {
    const [size, stride] = [sizes[i] ?? 1, strides[i] ?? 0];
    if (size <= 1) continue;
    if (stride < reach) return false;
    reach += (size - 1) * stride;
  }
  return true;
}

function isContiguous(sizes: readonly number[], strides: readonly number[]): boolean {
  let step = 1;
  for (let i = sizes.length - 1; i >= 0; i--) {
    const size = sizes[i] ?? 1;
    if (size > 1 && strides[i] !== step) return sizes.includes(0);
    step *= size;
  }
  return true;
}

/** A matrix that nn.Linear saved as [out, in], under the shape that Conv1D gives it. */
export function asConv1d(tensor: TensorInfo): TensorInfo {
  return { ...tensor, shape: [...tensor.shape].reverse(), transposed: !tensor.transposed };
}

/** A tensor whose values lie in row-major order, F64 rounded to F32. */
export function narrowF64(tensor: TensorInfo): TensorInfo {
  const { name, dtype, shape, file, begin } = tensor;
  if (dtype !== 'F64') return tensor;
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((step, size) => step * size, 1));
  return tensorOfView({ name, dtype, valueBytes: 8, shape, strides, file, begin });
}
