import { defineKernel, type KernelSource } from '../../gpu/index.ts';
import { ceilDiv } from '../../lib/index.ts';
import { type ActivationName, activations, activationWgsl } from '../epilogue/activation.ts';
import activate from './activate.wgsl?raw';
import add from './add.wgsl?raw';

/** x += y, rows `stride` floats apart, where no product's epilogue does it. Bindings: x, y. Grid: {@link rowsGrid}. */
export function addRowsKernel(stride: number): KernelSource {
  return defineKernel({
    name: `add ${stride}`,
    constants: { STRIDE4: stride / 4 },
    bindings: [
      { name: 'x', type: 'array<vec4f>', kind: 'write' },
      { name: 'y', type: 'array<vec4f>', kind: 'read' },
    ],
    parts: [add],
  });
}

/** x = activate(x), where no product's epilogue does it. Binding: x. Grid: {@link rowsGrid}. */
export function activateRowsKernel(width: number, stride: number, activation: ActivationName): KernelSource {
  return defineKernel({
    name: `${activation} ${width}`,
    constants: { ACTIVATION: activations.indexOf(activation), WIDTH: width, STRIDE: stride },
    bindings: [{ name: 'x', type: 'array<f32>', kind: 'write' }],
    parts: [activationWgsl, activate],
  });
}

/** 64 lanes a workgroup along `items` of each row. */
export function rowsGrid(items: number, rows: number): [number, number, number] {
  return [ceilDiv(items, 64), rows, 1];
}
