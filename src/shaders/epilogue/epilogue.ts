import type { Binding, Constants } from '../../gpu/index.ts';
import { type ActivationName, activations, activationWgsl } from './activation.ts';

/** Sizes of the attention heads; HSP is HS padded to whole vec4s. */
export interface HeadShape {
  heads: number;
  headSize: number;
}

export function paddedHeadSize(shape: HeadShape): number {
  return Math.ceil(shape.headSize / 4) * 4;
}

/** Processing of each output value of a matrix product; `stride` is the floats between columns (or rows of T) of `out`. */
export type Epilogue =
  | { kind: 'store' | 'add'; stride: number }
  | { kind: 'activate'; stride: number; activation: ActivationName }
  | { kind: 'heads'; stride: number; shape: HeadShape };

export interface EpilogueParts {
  constants: Constants;
  bindings: Binding[];
  parts: string[];
}

/**
 * `emit(row, column, value)`: store, add to the residual stream, activate, or put a row of c_attn in its place among
 * q, k and v, where each head is padded to HSP floats so that vec4 loads fit.
 */
const emits: Record<Epilogue['kind'], string> = {
  store: /* wgsl */ `
fn emit(row: u32, column: u32, value: f32) {
  out[column * OUT_STRIDE + row] = value;
}
`,
  add: /* wgsl */ `
fn emit(row: u32, column: u32, value: f32) {
  out[column * OUT_STRIDE + row] += value;
}
`,
  activate: /* wgsl */ `
fn emit(row: u32, column: u32, value: f32) {
  out[column * OUT_STRIDE + row] = activate(value);
}
`,
  heads: /* wgsl */ `
fn emit(row: u32, column: u32, value: f32) {
  let part = row / E;
  let inside = row % E;
  out[column * OUT_STRIDE + (part * NH + inside / HS) * HSP + inside % HS] = value;
}
`,
};

/** The WGSL function `emit(row, column, value)` with what it needs: one binding, `out`. */
export function epilogueParts(epilogue: Epilogue): EpilogueParts {
  const bindings: Binding[] = [{ name: 'out', type: 'array<f32>', kind: 'write' }];
  const stride = { OUT_STRIDE: epilogue.stride };
  switch (epilogue.kind) {
    case 'store':
      return { constants: stride, bindings, parts: [emits.store] };
    case 'add':
      return { constants: stride, bindings, parts: [emits.add] };
    case 'activate': {
      const constants = { ...stride, ACTIVATION: activations.indexOf(epilogue.activation) };
      return { constants, bindings, parts: [activationWgsl, emits.activate] };
    }
    case 'heads': {
      const { heads, headSize } = epilogue.shape;
      const constants = {
        ...stride,
        E: heads * headSize,
        NH: heads,
        HS: headSize,
        HSP: paddedHeadSize(epilogue.shape),
      };
      return { constants, bindings, parts: [emits.heads] };
    }
  }
}
