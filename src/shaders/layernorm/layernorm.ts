import { defineKernel, f32Literal, type KernelSource } from '../../gpu/index.ts';
import { auxLayout, vectorStride } from '../matvec/matvec.ts';
import type { MatrixFormat } from '../weights/weights.ts';
import layernormRows from './layernorm.wgsl?raw';

/**
 * out[t] = gamma * (x[t] - mean) / sd for the product that follows; beta is in that product's t.
 * Rows are vectorStride(columns) floats apart. Bindings: x, aux (of the product), out. Grid: one workgroup a row.
 */
export function layernormRowsKernel(matrix: MatrixFormat, epsilon: number): KernelSource {
  const stride = vectorStride(matrix.columns);
  return defineKernel({
    name: `layernorm ${matrix.columns}`,
    constants: {
      K: matrix.columns,
      PADDED: stride !== matrix.columns,
      STRIDE4: stride / 4,
      GAMMA4: auxLayout(matrix, true).gamma4,
      EPSILON: f32Literal(epsilon),
    },
    bindings: [
      { name: 'x', type: 'array<vec4f>', kind: 'read' },
      { name: 'aux', type: 'array<vec4f>', kind: 'read' },
      { name: 'out', type: 'array<vec4f>', kind: 'write' },
    ],
    parts: [layernormRows],
  });
}
