import type { KernelSource } from '../../src/gpu/index.ts';
import { constrainKernel, dryKernel, statisticsKernel } from '../../src/shaders/extras/index.ts';
import {
  type ActivationName,
  type Addressing,
  type AttentionShape,
  activateRowsKernel,
  activations,
  addRowsKernel,
  attentionCombineKernel,
  attentionDecodeKernel,
  attentionPrefillKernel,
  attentionWeightsKernel,
  briefSampleKernel,
  convertMatrixKernel,
  convertRowsKernel,
  type EditShape,
  type Epilogue,
  editKernel,
  embedColumnsKernel,
  embedRowsKernel,
  kvAppendColumnsKernel,
  kvAppendKernel,
  layernormRowsKernel,
  type MatmulVariant,
  type MatrixFormat,
  type MatvecVariant,
  matmulKernel,
  matrixFormat,
  matvecKernel,
  pickKernel,
  type SourceDtype,
  sampleKernel,
  summariseRowsKernel,
  type WeightDtype,
  weightedSumKernel,
} from '../../src/shaders/index.ts';

/** A composed kernel and the optional features that it may use. */
export interface ComposedKernel {
  source: KernelSource;
  features: readonly ('f16' | 'subgroups')[];
}

const dtypes: WeightDtype[] = ['f32', 'f16', 'int8', 'int4'];
const heads = { heads: 2, headSize: 6 };

const attention = (kv: 'f32' | 'f16'): AttentionShape => ({
  ...heads,
  context: 64,
  kv,
  qkvStride: 64,
  outStride: 64,
});

const epilogues: Epilogue[] = [
  { kind: 'store', stride: 128 },
  { kind: 'add', stride: 128 },
  ...activations.map(
    (activation: ActivationName): Epilogue => ({ kind: 'activate', stride: 128, activation }),
  ),
  { kind: 'heads', stride: 64, shape: heads },
];

const matvecVariants: MatvecVariant[] = [
  { lanes: 1, rows: 4, workgroup: 32, reduction: 'none' },
  { lanes: 4, rows: 2, workgroup: 64, reduction: 'subgroup' },
  { lanes: 64, rows: 1, workgroup: 64, reduction: 'shared' },
];

const matmulVariants: MatmulVariant[] = [
  { kind: 'direct', tm: 2, rn: 4, workgroup: 8 },
  { kind: 'broadcast', tm: 2, rn: 4, workgroup: 32, share: 4 },
  { kind: 'tiled', tm: 8, rn: 4, workgroup: 128 },
  { kind: 'tiled', tm: 8, rn: 4, workgroup: 128, half: true },
];

/** In one buffer, and cut by rows into several; 100 columns are padded to 128. */
const formats = dtypes.flatMap((dtype) => [
  matrixFormat(dtype, 96, 100, 2 ** 27),
  matrixFormat(dtype, 96, 100, 16384),
]);

const addressings: Addressing[] = [{ by: 'chunk' }, { by: 'columns', columns: 2, context: 64 }];

const plain = (...sources: KernelSource[]): ComposedKernel[] =>
  sources.map((source) => ({ source, features: [] }));

function products(matrix: MatrixFormat): ComposedKernel[] {
  const vectors = epilogues.flatMap((epilogue) =>
    matvecVariants.flatMap((variant) =>
      [1, 4].flatMap((columns) =>
        [undefined, 1e-5].map((normEpsilon): ComposedKernel => {
          const shape = { name: 'product', matrix, columns, inputStride: 128, normEpsilon, epilogue };
          const features = variant.reduction === 'subgroup' ? (['subgroups'] as const) : [];
          return { source: matvecKernel(shape, variant), features };
        }),
      ),
    ),
  );
  const chunks = epilogues.flatMap((epilogue) =>
    matmulVariants.map((variant): ComposedKernel => {
      const shape = { name: 'product', matrix, inputStride: 128, epilogue };
      const features = [
        ...(variant.half ? (['f16'] as const) : []),
        ...(variant.kind === 'broadcast' ? (['subgroups'] as const) : []),
      ];
      return { source: matmulKernel(shape, variant), features };
    }),
  );
  return [...vectors, ...chunks];
}

function overVocabulary(embedding: MatrixFormat): ComposedKernel[] {
  const shape = { embedding, stride: 128, context: 64 };
  const pick = { embedding, inputStride: 128, logitsStride: 128, context: 64, lanes: 256 };
  return plain(
    embedRowsKernel(shape),
    embedColumnsKernel(shape),
    ...(['token', 'position'] as const).flatMap((only) => [
      embedRowsKernel({ ...shape, only }),
      embedColumnsKernel({ ...shape, only }),
    ]),
    ...[1, 3].map((columns) => pickKernel({ ...pick, columns })),
    layernormRowsKernel(embedding, 1e-5),
  );
}

function attentions(kv: 'f32' | 'f16'): ComposedKernel[] {
  const shape = attention(kv);
  return plain(
    ...[1, 8].flatMap((splits) =>
      [true, false].map((stores) =>
        attentionDecodeKernel(shape, splits, { workgroup: 64, tile: 20 }, stores),
      ),
    ),
    attentionCombineKernel(shape, 8),
    kvAppendKernel(shape),
    kvAppendColumnsKernel(shape),
    attentionPrefillKernel(shape, { queries: 1, keys: 8, workgroup: 32 }),
    attentionPrefillKernel(shape, { queries: 8, keys: 2, workgroup: 8 }),
    attentionWeightsKernel(shape),
    ...addressings.flatMap((addressing) =>
      (addressing.by === 'chunk' ? (['cache', 'rows'] as const) : (['cache'] as const)).flatMap((source) => [
        attentionWeightsKernel(shape, source, addressing),
        weightedSumKernel(shape, source, addressing),
      ]),
    ),
    attentionPrefillKernel(shape, { queries: 1, keys: 8, workgroup: 32 }, 'rows'),
  );
}

/** Kernels of watched passes: plain rows, heads that are padded, patterns. */
function changes(): ComposedKernel[] {
  const shapes: EditShape[] = [
    { stride: 128, offset: 0, size: 100, padded: 100, pattern: false },
    { stride: 64, offset: 16, size: 6, padded: 8, pattern: false },
    { stride: 0, offset: 0, size: 1, padded: 1, pattern: true },
  ];
  return plain(
    ...addressings.flatMap((addressing) => shapes.map((shape) => editKernel(shape, addressing))),
    addRowsKernel(128),
    activateRowsKernel(100, 128, 'gelu_tanh'),
  );
}

function conversions(): ComposedKernel[] {
  const from: SourceDtype[] = ['F32', 'F16', 'BF16'];
  return plain(
    ...from.map(convertRowsKernel),
    ...from.flatMap((source) =>
      dtypes.flatMap((to) => [true, false].map((inOut) => convertMatrixKernel(source, to, inOut))),
    ),
  );
}

/** Every kernel in every form: dtypes, bands, epilogues, variants, features. The sizes are small, the text is whole. */
export function composedKernels(): ComposedKernel[] {
  const all = [
    ...formats.flatMap(products),
    ...formats.flatMap(overVocabulary),
    ...attentions('f32'),
    ...attentions('f16'),
    ...changes(),
    ...conversions(),
    ...plain(
      ...[sampleKernel, statisticsKernel, constrainKernel, dryKernel].map((kernel) =>
        kernel({ vocab: 96, columns: 2, logitsStride: 128, context: 64, lanes: 256 }),
      ),
      briefSampleKernel({ vocab: 96, columns: 2, logitsStride: 128, context: 64, lanes: 8 }),
      summariseRowsKernel(96, 128),
    ),
  ];
  return [...new Map(all.map((kernel) => [kernel.source.wgsl, kernel])).values()];
}
