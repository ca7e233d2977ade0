import { describe, expect, it } from 'vitest';
import type { KernelSource } from '../gpu/index.ts';
import * as extras from './extras/index.ts';
import * as shaders from './index.ts';

/**
 * Composed kernels as the device gets them, for reviewers: one in the folder of each operation.
 * After an intended change: npx vitest run --project unit src/shaders/snapshots.test.ts -u
 */
const gpt2 = { heads: 12, headSize: 64 };
const attention = { ...gpt2, context: 1024, kv: 'f32', qkvStride: 2304, outStride: 768 } as const;
const matrix = (dtype: shaders.WeightDtype, rows: number, columns: number) =>
  shaders.matrixFormat(dtype, rows, columns, 2 ** 27);
const int4 = matrix('int4', 3072, 768);
const wte = matrix('int8', 50257, 768);
const embedding = { embedding: wte, stride: 768, context: 1024 };
const fc = {
  ...{ name: 'c_fc', matrix: int4, inputStride: 768 },
  epilogue: { kind: 'activate', stride: 3072, activation: 'gelu_tanh' },
} as const;
const attn = {
  ...{ name: 'c_attn', matrix: matrix('f32', 2304, 768), inputStride: 768 },
  epilogue: { kind: 'heads', stride: 2304, shape: gpt2 },
} as const;

const kernels: Record<string, KernelSource> = {
  'matvec/snapshots/c_fc-int4-shared': shaders.matvecKernel(
    { ...fc, columns: 1, normEpsilon: 1e-5 },
    { lanes: 32, rows: 1, workgroup: 64, reduction: 'shared' },
  ),
  'matvec/snapshots/c_attn-f32-two-columns': shaders.matvecKernel(
    { ...attn, columns: 2, normEpsilon: 1e-5 },
    { lanes: 1, rows: 2, workgroup: 32, reduction: 'none' },
  ),
  'matmul/snapshots/direct': shaders.matmulKernel(attn, { kind: 'direct', tm: 2, rn: 2, workgroup: 8 }),
  'matmul/snapshots/broadcast': shaders.matmulKernel(fc, {
    ...{ kind: 'broadcast', tm: 1, rn: 2, workgroup: 32, share: 8 },
  }),
  'matmul/snapshots/tiled-f16': shaders.matmulKernel(fc, {
    ...{ kind: 'tiled', tm: 2, rn: 2, workgroup: 128, half: true },
  }),
  'attention/snapshots/decode': shaders.attentionDecodeKernel({ ...attention, headSize: 8 }, 1, {
    ...{ workgroup: 16, tile: 1024 },
  }),
  'attention/snapshots/decode-split-f16': shaders.attentionDecodeKernel(
    { ...attention, headSize: 8, kv: 'f16' },
    8,
    { workgroup: 128, tile: 1024 },
  ),
  'attention/snapshots/combine': shaders.attentionCombineKernel(attention, 8),
  'attention/snapshots/prefill': shaders.attentionPrefillKernel(
    { ...attention, headSize: 8 },
    { queries: 2, keys: 2, workgroup: 8 },
  ),
  'attention/snapshots/weights': shaders.attentionWeightsKernel(attention),
  'attention/snapshots/append': shaders.kvAppendKernel(attention),
  'attention/snapshots/append-columns': shaders.kvAppendColumnsKernel(attention),
  'layernorm/snapshots/layernorm': shaders.layernormRowsKernel(int4, 1e-5),
  'embed/snapshots/rows': shaders.embedRowsKernel(embedding),
  'embed/snapshots/columns': shaders.embedColumnsKernel(embedding),
  'pick/snapshots/pick': shaders.pickKernel({
    ...{ embedding: wte, columns: 1, inputStride: 768, logitsStride: 50304, context: 1024, lanes: 256 },
  }),
  'sample/snapshots/sample': shaders.sampleKernel({
    ...{ vocab: 50257, columns: 1, logitsStride: 50304, context: 1024, lanes: 256 },
  }),
  'sample/snapshots/brief': shaders.briefSampleKernel({
    ...{ vocab: 50257, columns: 1, logitsStride: 50304, context: 1024, lanes: 8 },
  }),
  'sample/snapshots/statistics': extras.statisticsKernel({
    ...{ vocab: 50257, columns: 1, logitsStride: 50304, context: 1024, lanes: 256 },
  }),
  'constrain/snapshots/constrain': extras.constrainKernel({
    ...{ vocab: 50257, columns: 1, logitsStride: 50304, context: 1024, lanes: 256 },
  }),
  'dry/snapshots/dry': extras.dryKernel({
    ...{ vocab: 50257, columns: 1, logitsStride: 50304, context: 1024, lanes: 256 },
  }),
  'summarise/snapshots/summarise': shaders.summariseRowsKernel(50257, 50304),
  'convert/snapshots/matrix-bf16-int4': shaders.convertMatrixKernel('BF16', 'int4', true),
  'convert/snapshots/matrix-f32-int8': shaders.convertMatrixKernel('F32', 'int8', false),
  'convert/snapshots/rows-f16': shaders.convertRowsKernel('F16'),
};

describe('composed kernels', () => {
  it.each(Object.entries(kernels))('%s', async (path, source) => {
    await expect(source.wgsl).toMatchFileSnapshot(`./${path}.wgsl`);
  });
});
