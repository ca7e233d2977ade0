import type { GpuInfo } from '../../../gpu/index.ts';
import { type MatvecShape, type MatvecVariant, variantName } from '../../../shaders/index.ts';
import { type GpuModel, linearOf, linearSteps } from '../gpu-model.ts';
import type { VariantChooser } from '../options.ts';

/** Key of stored tuning results: everything that a product's best variant depends on. */
export function shapeKey(shape: Pick<MatvecShape, 'matrix' | 'columns' | 'normEpsilon'>): string {
  const { matrix, columns, normEpsilon } = shape;
  const norm = normEpsilon === undefined ? '' : ' norm';
  return `${matrix.dtype} ${matrix.rows}x${matrix.columns} c${columns}${norm}`;
}

/**
 * Variants without any measurement. A GPU reads memory at its rate only when neighbouring lanes read neighbouring
 * bytes, so a subgroup walks a row together. A software adapter runs lanes one after the other and pays for barriers:
 * one lane a row. Where its lanes are few (SwiftShader has 4) each loads for itself, so more rows share the loads of x, and of
 * the norm; so they do with several columns. Workgroups are then small enough to leave several for its cores.
 */
export function defaultVariant(info: GpuInfo, shape: MatvecShape): MatvecVariant {
  if (info.software) {
    const many = shape.columns >= 4;
    if (many) return { lanes: 1, rows: 4, workgroup: 16, reduction: 'none' };
    const narrow = info.subgroupMinSize < 8;
    return { lanes: 1, rows: narrow ? 4 : 2, workgroup: narrow ? 32 : 64, reduction: 'none' };
  }
  if (info.subgroupMinSize >= 8) {
    const lanes = Math.min(32, info.subgroupMinSize);
    return { lanes, rows: shape.matrix.rows >= 16384 ? 2 : 1, workgroup: 128, reduction: 'subgroup' };
  }
  return { lanes: 16, rows: 1, workgroup: 64, reduction: 'shared' };
}

/** Variants worth timing on this device for one product, the default first. */
export function candidateVariants(info: GpuInfo, shape: MatvecShape): [MatvecVariant, ...MatvecVariant[]] {
  const list: [MatvecVariant, ...MatvecVariant[]] = [defaultVariant(info, shape)];
  const add = (variant: MatvecVariant) => {
    const known = list.some((other) => variantName(other) === variantName(variant));
    if (!known && variant.workgroup <= (info.limits.maxComputeInvocationsPerWorkgroup ?? 256))
      list.push(variant);
  };
  for (const rows of [1, 2, 4]) add({ lanes: 1, rows, workgroup: 64, reduction: 'none' });
  const reduction = info.subgroupMinSize >= 4 ? 'subgroup' : 'shared';
  const widest = reduction === 'subgroup' ? Math.min(32, info.subgroupMinSize) : 32;
  for (const lanes of [4, 8, 16, 32].filter((each) => each <= widest))
    for (const rows of [1, 2, 4]) add({ lanes, rows, workgroup: 128, reduction });
  if (widest >= 16) add({ lanes: widest, rows: 1, workgroup: 256, reduction });
  return list;
}

/** The keys of a token's products, each once. */
export function productKeys(model: GpuModel): string[] {
  const keys = linearSteps(model.pass).map((step) => {
    const { matrix, normEpsilon } = linearOf(model, step);
    return shapeKey({ matrix: matrix.format, columns: 1, normEpsilon });
  });
  return [...new Set(keys)];
}

/** Chooses the measured variant, or the default if none was measured. */
export function chooserOf(
  info: GpuInfo,
  tuned: ReadonlyMap<string, MatvecVariant> = new Map(),
): VariantChooser {
  return (shape) => tuned.get(shapeKey(shape)) ?? defaultVariant(info, shape);
}
