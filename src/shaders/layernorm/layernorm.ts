import { defineKernel, f32Literal, type KernelSource } from '../../gpu/index.ts';
import { biasAndNormLayout, vectorStride } from '../matvec/matvec.ts';
import type { MatrixFormat } from '../weights/weights.ts';
import layernormRows from './layernorm.wgsl?raw';

/**
 * out[t] = gamma * (x[t] - mean) / sd for the product that follows; beta is in that product's t.
 * Rows are vectorStride(columns) floats apart. Bindings: x, biasAndNorm (of the product), out. Grid: one workgroup a row.
 */
export function layernormRowsKernel(matrix: MatrixFormat, epsilon: number): KernelSource {
  return kernel(matrix.columns, epsilon, { gamma4: biasAndNormLayout(matrix, true).gamma4, beta4: 0 });
}

/**
 * A whole layer norm, where no product follows. Bindings: x, gamma and beta, vectorStride(columns) floats each, out.
 * Grid: one workgroup a row.
 */
export function normRowsKernel(columns: number, epsilon: number): KernelSource {
  return kernel(columns, epsilon, { gamma4: 0, beta4: vectorStride(columns) / 4 });
}

function kernel(
  columns: number,
  epsilon: number,
  { gamma4, beta4 }: { gamma4: number; beta4: number },
): KernelSource {
  const stride = vectorStride(columns);
  return defineKernel({
    name: `layernorm ${columns}${beta4 ? ' with beta' : ''}`,
    constants: {
      K: columns,
      PADDED: stride !== columns,
      STRIDE4: stride / 4,
      GAMMA4: gamma4,
      BETA4: beta4,
      EPSILON: f32Literal(epsilon),
    },
    bindings: [
      { name: 'x', type: 'array<vec4f>', kind: 'read' },
      { name: 'bias_and_norm', type: 'array<vec4f>', kind: 'read' },
      { name: 'out', type: 'array<vec4f>', kind: 'write' },
    ],
    parts: [layernormRows],
  });
}
