import { defineKernel, f32Literal, grid1d, type KernelSource } from '../../gpu/index.ts';
import { ceilDiv, roundUp } from '../../lib/index.ts';
import { type Epilogue, epilogueParts } from '../epilogue/epilogue.ts';
import { stateBinding, stateStructs } from '../state/state.ts';
import { type MatrixFormat, matrixConstants, matrixParts, productBindings } from '../weights/weights.ts';
import matvec from './matvec.wgsl?raw';
import { type Reduction, reductions } from './reductions.ts';

/** Parameters chosen by the autotuner. */
export interface MatvecVariant {
  /** Lanes that share a row: 1, 2, 4 … a power of two. */
  lanes: number;
  /** Rows a lane carries: 1, 2 or 4. */
  rows: number;
  /** Lanes in a workgroup, a multiple of `lanes`. */
  workgroup: number;
  reduction: Reduction;
}

export interface MatvecShape {
  name: string;
  matrix: MatrixFormat;
  /** Columns computed at once: 1 to 8. */
  columns: number;
  /** Floats between columns of x; a multiple of 4. */
  inputStride: number;
  /** Layer norm folded in, with this epsilon; undefined for a plain product. */
  normEpsilon: number | undefined;
  epilogue: Epilogue;
}

/** Places inside an biasAndNorm buffer, in vec4s: t [rows], s [rows] and gamma [columns] when a norm is folded in. */
export interface BiasAndNormLayout {
  t4: number;
  s4: number;
  gamma4: number;
  /** Floats in all. */
  floats: number;
}

export function biasAndNormLayout(matrix: MatrixFormat, norm: boolean): BiasAndNormLayout {
  const rows4 = ceilDiv(matrix.rows, 4);
  const floats = norm ? rows4 * 8 + matrix.paddedColumns : rows4 * 4;
  return { t4: 0, s4: rows4, gamma4: rows4 * 2, floats };
}

/** Bindings: x, w0 …, scales (quantised only), biasAndNorm, state, out. */
export function matvecKernel(shape: MatvecShape, variant: MatvecVariant): KernelSource {
  const { matrix } = shape;
  const norm = shape.normEpsilon !== undefined;
  const biasAndNorm = biasAndNormLayout(matrix, norm);
  const epilogue = epilogueParts(shape.epilogue);
  return defineKernel({
    name: `${shape.name} ${matrix.dtype} ${matrix.rows}x${matrix.columns} c${shape.columns} ${variantName(variant)}`,
    features: variant.reduction === 'subgroup' ? ['subgroups'] : [],
    constants: {
      ...matrixConstants(matrix),
      ROWS: matrix.rows,
      K: matrix.columns,
      PADDED: matrix.paddedColumns !== matrix.columns,
      NC: shape.columns,
      X_STRIDE4: shape.inputStride / 4,
      NORM: norm,
      EPSILON: f32Literal(shape.normEpsilon ?? 0),
      T4: biasAndNorm.t4,
      S4: biasAndNorm.s4,
      GAMMA4: biasAndNorm.gamma4,
      LPR: variant.lanes,
      RPL: variant.rows,
      WG: variant.workgroup,
      ...epilogue.constants,
    },
    structs: stateStructs,
    bindings: [...productBindings(matrix), stateBinding, ...epilogue.bindings],
    parts: [...matrixParts(matrix), reductions[variant.reduction], ...epilogue.parts, matvec],
  });
}

export function variantName(variant: MatvecVariant): string {
  return `l${variant.lanes}r${variant.rows}w${variant.workgroup}${variant.reduction === 'none' ? '' : variant.reduction}`;
}

export function matvecGrid(matrix: MatrixFormat, variant: MatvecVariant): [number, number, number] {
  const rowsPerGroup = (variant.workgroup / variant.lanes) * variant.rows;
  return grid1d(ceilDiv(matrix.rows, rowsPerGroup));
}

/** Floats between columns of a vector of `length`, as every kernel expects it. */
export function vectorStride(length: number): number {
  return roundUp(length, 64);
}
