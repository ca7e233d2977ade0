export { type ActivationName, activations, activationWgsl } from './activation.ts';
export {
  type AttentionShape,
  attentionCombineKernel,
  attentionDecodeKernel,
  attentionLanes,
  type KvDtype,
  kvBytes,
  partialBytes,
  qkvFloats,
} from './attention-decode.ts';
export {
  type AttentionVariant,
  attentionPrefillGrid,
  attentionPrefillKernel,
  attentionWeightsKernel,
  kvAppendGrid,
  kvAppendKernel,
} from './attention-prefill.ts';
export { type Chunk, packChunk } from './chunk.ts';
export { embedColumnsKernel, kvAppendColumnsGrid, kvAppendColumnsKernel } from './columns.ts';
export {
  type ConvertMatrixParams,
  type ConvertRowsParams,
  convertGroup,
  convertMatrixKernel,
  convertRowsKernel,
  packConvertMatrix,
  packConvertRows,
  type SourceDtype,
  sourceBytes,
} from './convert.ts';
export { type EmbedShape, embedRowsGrid, embedRowsKernel } from './embed-rows.ts';
export { type Epilogue, type HeadShape, paddedHeadSize } from './epilogue.ts';
export { layernormRowsKernel } from './layernorm-rows.ts';
export { type MatmulShape, type MatmulVariant, matmulGrid, matmulKernel, matmulName } from './matmul.ts';
export {
  type AuxLayout,
  auxLayout,
  type MatvecShape,
  type MatvecVariant,
  matvecGrid,
  matvecKernel,
  variantName,
  vectorStride,
} from './matvec.ts';
export {
  maxAlternatives,
  maxEosIds,
  type PickRun,
  type PickShape,
  packRun,
  pickKernel,
  recordSize,
} from './pick.ts';
export {
  packSampling,
  packTables,
  type SampleShape,
  type SampleTables,
  sampleKernel,
  samplingBytes,
} from './sample.ts';
export { stateBytes, stateLayout } from './state.ts';
export { packSummary, summariseRowsKernel, summarySize } from './summarise-rows.ts';
export {
  bandBytes,
  type Matrix,
  type MatrixFormat,
  matrixBuffers,
  matrixBytes,
  matrixFormat,
  scaleBytes,
  type WeightDtype,
} from './weights.ts';
