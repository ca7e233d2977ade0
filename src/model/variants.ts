import type { GpuInfo } from '../gpu/index.ts';
import type { MatvecShape, MatvecVariant } from '../shaders/index.ts';
import type { VariantChooser } from './decode-plan.ts';

/** What a product's best variant depends on; the autotuner remembers by it. */
export function shapeKey(shape: MatvecShape): string {
  const { matrix, columns, normEpsilon } = shape;
  const norm = normEpsilon === undefined ? '' : ' norm';
  return `${matrix.dtype} ${matrix.rows}x${matrix.columns} c${columns}${norm}`;
}

/**
 * Variants without any measurement. A GPU reads memory at its rate only when neighbouring lanes read neighbouring
 * bytes, so a subgroup walks a row together. A software adapter runs lanes one after the other and pays for barriers:
 * one lane a row.
 */
export function defaultVariant(info: GpuInfo, shape: MatvecShape): MatvecVariant {
  if (info.software) return { lanes: 1, rows: shape.columns > 4 ? 1 : 2, workgroup: 64, reduction: 'none' };
  if (info.subgroupMinSize >= 8) {
    const lanes = Math.min(32, info.subgroupMinSize);
    return { lanes, rows: shape.matrix.rows >= 16384 ? 2 : 1, workgroup: 128, reduction: 'subgroup' };
  }
  return { lanes: 16, rows: 1, workgroup: 64, reduction: 'shared' };
}

/** A chooser that takes what was measured, and the default where nothing was. */
export function chooserOf(
  info: GpuInfo,
  tuned: ReadonlyMap<string, MatvecVariant> = new Map(),
): VariantChooser {
  return (shape) => tuned.get(shapeKey(shape)) ?? defaultVariant(info, shape);
}
