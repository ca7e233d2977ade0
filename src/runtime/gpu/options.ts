import type { KvDtype, MatmulVariant, MatvecShape, MatvecVariant } from '../../shaders/index.ts';

/** Chooses the kernel variant of a matrix-vector product: measured, or the default of the adapter. */
export type VariantChooser = (shape: MatvecShape) => MatvecVariant;

/** Kernel variants of a model's products. */
export interface KernelVariants {
  chooseVariant: VariantChooser;
  /** Kernel variant of prefill's matrix products; the default of the adapter unless measured. */
  matmul?: MatmulVariant;
}

export interface GpuRuntimeOptions extends KernelVariants {
  /** Positions the KV cache holds per sequence. */
  context: number;
  kv: KvDtype;
}
