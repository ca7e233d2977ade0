export {
  kvAppendColumnsGrid,
  kvAppendColumnsKernel,
  kvAppendGrid,
  kvAppendKernel,
} from './attention/append.ts';
export {
  type AttentionDecodeVariant,
  attentionCombineKernel,
  attentionDecodeKernel,
  packLayer,
  partialBytes,
} from './attention/decode.ts';
export {
  type AttentionShape,
  type KvDtype,
  kvBytes,
  qkvFloats,
} from './attention/kv-cache.ts';
export type { KvSource } from './attention/kv-source.ts';
export {
  type AttentionVariant,
  attentionPrefillGrid,
  attentionPrefillKernel,
  attentionWeightsKernel,
  weightedSumKernel,
} from './attention/prefill.ts';
export {
  convertGroup,
  convertMatrixKernel,
  convertRowsKernel,
  packConvertMatrix,
  packConvertRows,
  type SourceDtype,
  sourceBytes,
} from './convert/convert.ts';
export { type EditShape, editKernel, everyRun, packEdit } from './edit/edit.ts';
export { activateRowsKernel, addRowsKernel, rowsGrid } from './elementwise/elementwise.ts';
export { type EmbedShape, embedColumnsKernel, embedRowsGrid, embedRowsKernel } from './embed/embed.ts';
export { type ActivationName, activations, activationWgsl } from './epilogue/activation.ts';
export { type Epilogue, type HeadShape, paddedHeadSize } from './epilogue/epilogue.ts';
export { layernormRowsKernel, normRowsKernel } from './layernorm/layernorm.ts';
export {
  type MatmulShape,
  type MatmulVariant,
  matmulGrid,
  matmulKernel,
  matmulName,
} from './matmul/matmul.ts';
export {
  type BiasAndNormLayout,
  biasAndNormLayout,
  type MatvecShape,
  type MatvecVariant,
  matvecGrid,
  matvecKernel,
  variantName,
  vectorStride,
} from './matvec/matvec.ts';
export {
  maxAlternatives,
  maxEosIds,
  type PickRun,
  type PickShape,
  packRun,
  pickKernel,
  recordSize,
} from './pick/pick.ts';
export {
  briefSampleKernel,
  isBrief,
  packSampling,
  packTables,
  type SampleShape,
  type SampleTables,
  sampleKernel,
  samplingBytes,
} from './sample/sample.ts';
export type { Addressing } from './state/address.ts';
export { type Chunk, chunkBytes, packChunk } from './state/chunk.ts';
export { type ColumnStart, packState, stateBytes, stateLayout } from './state/state.ts';
export { packSummary, summariseRowsKernel, summaryHead, summarySize } from './summarise/summarise.ts';
export {
  bandBytes,
  type Matrix,
  type MatrixFormat,
  matrixBuffers,
  matrixBytes,
  matrixFormat,
  scaleBytes,
  type WeightDtype,
} from './weights/weights.ts';
