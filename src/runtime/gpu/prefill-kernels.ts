import {
  type AttentionShape,
  type AttentionVariant,
  attentionPrefillGrid,
  attentionPrefillKernel,
  type EmbedShape,
  embedRowsGrid,
  embedRowsKernel,
  type KvSource,
  kvAppendGrid,
  kvAppendKernel,
  layernormRowsKernel,
  type MatmulShape,
  type MatmulVariant,
  matmulGrid,
  matmulKernel,
  matrixBuffers,
  normRowsKernel,
} from '../../shaders/index.ts';
import { type ActivationBuffers, slotStride } from './activation-buffers.ts';
import type { Planned } from './dispatch-plan.ts';
import { type GpuModel, linearOf } from './gpu-model.ts';
import { epilogueOf } from './product-kernels.ts';
import type { LinearStep, Step, StepOf } from './steps.ts';
import { planWatched, type WatchedRows } from './watched-kernels.ts';

export interface PrefillShape {
  attention: AttentionShape;
  attentionVariant: AttentionVariant;
  /** How products are computed. */
  matmul: MatmulVariant;
  /** Where keys and values are: rows themselves where they are whole sequences. */
  source: KvSource;
}

/** Buffers of a chunk on its way through the model. */
export interface PrefillBuffers {
  activations: ActivationBuffers;
  /** Rows of a layer norm that a product follows. */
  normed: GPUBuffer;
  ids: GPUBuffer;
  /** Uniform with the chunk, see packChunk. */
  params: GPUBuffer;
}

/** The dispatches of lowered steps for the rows of a chunk: every product a matrix product, layer norms on their own. */
export function planPrefill(
  steps: readonly Step[],
  model: GpuModel,
  buffers: Omit<PrefillBuffers, 'ids'> & { ids?: GPUBuffer },
  shape: PrefillShape,
): Planned[] {
  const plan: Planned[] = [];
  for (const step of steps) {
    if (step.kind === 'embed') plan.push(embed(step, model, buffers as PrefillBuffers, shape));
    else if (step.kind === 'linear') plan.push(...linear(step, model, buffers, shape));
    else if (step.kind === 'attention') plan.push(...attention(step, model, buffers, shape));
    else if (step.kind === 'norm') plan.push(norm(step, model, buffers));
    else plan.push(...planWatched(step, model, watchedRows(buffers, shape)));
  }
  return plan;
}

type Buffers = Omit<PrefillBuffers, 'ids'>;

/** Rows of a chunk as watched steps see them. */
export function watchedRows(
  { activations, params }: Pick<PrefillBuffers, 'activations' | 'params'>,
  { attention, source }: PrefillShape,
): WatchedRows {
  return {
    ...{ addressing: { by: 'chunk' }, address: params, activations, attention, source },
    append: (qkv, kv) => [append(attention, qkv, kv, params)],
  };
}

function append(shape: AttentionShape, qkv: GPUBuffer, kv: GPUBuffer, params: GPUBuffer): Planned {
  return {
    source: kvAppendKernel(shape),
    buffers: [qkv, kv, params],
    grid: (rows) => kvAppendGrid(shape, rows),
  };
}

function embed(
  step: StepOf<'embed'>,
  { embedding, positions }: GpuModel,
  { ids, params, activations }: PrefillBuffers,
  { attention }: PrefillShape,
): Planned {
  const { only } = embeddingOf(step);
  const stride = slotStride(step.to);
  const shape = { embedding: embedding.format, stride, context: attention.context, only };
  return {
    source: embedRowsKernel(shape),
    buffers: [ids, ...matrixBuffers(embedding), positions, activations.of(step.to), params],
    grid: (rows) => embedRowsGrid(shape, rows),
  };
}

/** Which of the two embeddings a step computes; both unless one is watched. */
export function embeddingOf({ table, positions }: StepOf<'embed'>): Pick<EmbedShape, 'only'> {
  if (table && positions) return {};
  return { only: table ? 'token' : 'position' };
}

function linear(
  step: LinearStep,
  model: GpuModel,
  { activations, normed, params }: Buffers,
  { matmul }: PrefillShape,
): Planned[] {
  const { matrix, biasAndNorm } = linearOf(model, step);
  const { format } = matrix;
  const from = activations.of(step.from);
  const shape: MatmulShape = {
    name: step.name.replace(/^h\.\d+\./, ''),
    matrix: format,
    inputStride: slotStride(step.from),
    epilogue: epilogueOf(step.output),
  };
  const product: Planned = {
    source: matmulKernel(shape, matmul),
    buffers: [
      step.norm ? normed : from,
      ...matrixBuffers(matrix),
      biasAndNorm,
      params,
      activations.of(step.output.to),
    ],
    grid: (rows) => matmulGrid(format, matmul, rows),
    cost: step.inputs * step.outputs,
  };
  if (!step.norm) return [product];
  const norm: Planned = {
    source: layernormRowsKernel(format, step.norm.epsilon),
    buffers: [from, biasAndNorm, normed],
    grid: (rows) => [rows, 1, 1],
  };
  return [norm, product];
}

function attention(
  step: StepOf<'attention'>,
  model: GpuModel,
  { activations, params }: Buffers,
  { attention: shape, attentionVariant: variant, source }: PrefillShape,
): Planned[] {
  const { kv, scale } = model.attention[step.spec.layer] as GpuModel['attention'][number];
  const qkv = activations.of(step.from);
  const cached = source === 'cache';
  return [
    ...(cached ? [append(shape, qkv, kv, params)] : []),
    {
      source: attentionPrefillKernel(shape, variant, source),
      buffers: [qkv, ...(cached ? [kv] : []), scale, params, activations.of(step.to)],
      grid: (rows) => attentionPrefillGrid(shape, variant, rows),
    },
  ];
}

function norm(step: StepOf<'norm'>, model: GpuModel, { activations }: Buffers): Planned {
  return {
    source: normRowsKernel(step.width, step.epsilon),
    buffers: [activations.of(step.from), model.norms.get(step.name) as GPUBuffer, activations.of(step.to)],
    grid: (rows) => [rows, 1, 1],
  };
}
