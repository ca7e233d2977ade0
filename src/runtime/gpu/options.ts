import type { KvDtype, MatmulVariant, MatvecShape, MatvecVariant } from '../../shaders/index.ts';

/** Chooses the kernel variant of a matrix-vector product: measured, or the default of the adapter. */
export type VariantChooser = (shape: MatvecShape) => MatvecVariant;

export interface GpuRuntimeOptions {
  /** Positions the KV cache holds per sequence. */
  context: number;
  kv: KvDtype;
  chooseVariant: VariantChooser;
  /** Kernel variant of prefill's matrix products; the default of the adapter unless measured. */
  matmul?: MatmulVariant;
}
