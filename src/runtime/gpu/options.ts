import type {
  AttentionDecodeVariant,
  KvDtype,
  MatmulVariant,
  MatvecShape,
  MatvecVariant,
} from '../../shaders/index.ts';

/** Chooses the kernel variant of a matrix-vector product: measured, or the default of the adapter. */
export type VariantChooser = (shape: MatvecShape) => MatvecVariant;

/** How a token attends to its context. */
export interface DecodeAttention extends AttentionDecodeVariant {
  /** Positions from which a context is cut into parts, each a workgroup's; infinite: never. */
  splitFrom: number;
}

/** Kernel variants of a model. */
export interface KernelVariants {
  chooseVariant: VariantChooser;
  /** Kernel variant of prefill's matrix products; the default of the adapter unless measured. */
  matmul?: MatmulVariant;
  /** The default of the adapter unless given. */
  decodeAttention?: DecodeAttention;
}

export interface GpuRuntimeOptions extends KernelVariants {
  /** Positions the KV cache holds per sequence. */
  context: number;
  kv: KvDtype;
}
