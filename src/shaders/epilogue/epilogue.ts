import type { Binding, Constants } from '../../gpu/index.ts';
import { type ActivationName, activations, activationWgsl } from './activation.ts';
import emitActivate from './emit_activate.wgsl?raw';
import emitAdd from './emit_add.wgsl?raw';
import emitHeads from './emit_heads.wgsl?raw';
import emitStore from './emit_store.wgsl?raw';

/** Sizes of the attention heads; HSP is HS padded to whole vec4s. */
export interface HeadShape {
  heads: number;
  headSize: number;
}

export function paddedHeadSize(shape: HeadShape): number {
  return Math.ceil(shape.headSize / 4) * 4;
}

/** What happens to each value of a matrix product; `stride` is the floats between columns (or rows of T) of `out`. */
export type Epilogue =
  | { kind: 'store' | 'add'; stride: number }
  | { kind: 'activate'; stride: number; activation: ActivationName }
  | { kind: 'heads'; stride: number; shape: HeadShape };

export interface EpilogueParts {
  constants: Constants;
  bindings: Binding[];
  parts: string[];
}

/** The WGSL function `emit(row, column, value)` with what it needs: one binding, `out`. */
export function epilogueParts(epilogue: Epilogue): EpilogueParts {
  const bindings: Binding[] = [{ name: 'out', type: 'array<f32>', kind: 'write' }];
  const stride = { OUT_STRIDE: epilogue.stride };
  switch (epilogue.kind) {
    case 'store':
      return { constants: stride, bindings, parts: [emitStore] };
    case 'add':
      return { constants: stride, bindings, parts: [emitAdd] };
    case 'activate': {
      const constants = { ...stride, ACTIVATION: activations.indexOf(epilogue.activation) };
      return { constants, bindings, parts: [activationWgsl, emitActivate] };
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
      return { constants, bindings, parts: [emitHeads] };
    }
  }
}
