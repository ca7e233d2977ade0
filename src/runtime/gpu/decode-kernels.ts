import {
  type AttentionDecodeVariant,
  type AttentionShape,
  attentionCombineKernel,
  attentionDecodeKernel,
  embedColumnsKernel,
  kvAppendColumnsGrid,
  kvAppendColumnsKernel,
  type MatvecShape,
  matrixBuffers,
  matvecGrid,
  matvecKernel,
  normRowsKernel,
} from '../../shaders/index.ts';
import { slotStride } from './activation-buffers.ts';
import type { DecodeBuffers } from './decode-buffers.ts';
import type { Planned } from './dispatch-plan.ts';
import { type GpuModel, linearOf } from './gpu-model.ts';
import type { VariantChooser } from './options.ts';
import { embeddingOf } from './prefill-kernels.ts';
import { epilogueOf } from './product-kernels.ts';
import type { LinearStep, Step, StepOf } from './steps.ts';
import { planWatched, type WatchedRows } from './watched-kernels.ts';

export interface DecodeShape {
  columns: number;
  attention: AttentionShape;
  variant: AttentionDecodeVariant;
  /** Parts the context is cut into; 1 for short ones. */
  splits: number;
  /** Columns may share a sequence: all keys and values are stored before any is read. */
  shared: boolean;
}

/**
 * The dispatches of lowered steps for a few columns: every product a mat-vec over all of them, norms folded in. The
 * embeddings are not among them: the step before has embedded its token.
 */
export function planDecode(
  steps: readonly Step[],
  model: GpuModel,
  buffers: DecodeBuffers,
  shape: DecodeShape,
  choose: VariantChooser,
): Planned[] {
  const plan: Planned[] = [];
  for (const step of steps) {
    if (step.kind === 'embed') plan.push(embed(step, model, buffers, shape));
    else if (step.kind === 'linear') plan.push(linear(step, model, buffers, shape, choose));
    else if (step.kind === 'attention') plan.push(...attention(step, model, buffers, shape));
    else if (step.kind === 'norm') plan.push(norm(step, model, buffers));
    else plan.push(...planWatched(step, model, watchedRows(buffers, shape)));
  }
  return plan;
}

/** The embeddings of every column's state: of the tokens given by the host, or where an embedding is watched. */
export function embed(
  step: StepOf<'embed'>,
  { embedding, positions }: GpuModel,
  { state, activations }: DecodeBuffers,
  { attention: { context } }: Pick<DecodeShape, 'attention'>,
): Planned {
  const shape = { embedding: embedding.format, stride: slotStride(step.to), context, ...embeddingOf(step) };
  return {
    source: embedColumnsKernel(shape),
    buffers: [state, ...matrixBuffers(embedding), positions, activations.of(step.to)],
    grid: (columns) => [columns, 1, 1],
  };
}

/** Columns as watched steps see them. */
function watchedRows(
  { activations, state }: DecodeBuffers,
  { attention, columns }: DecodeShape,
): WatchedRows {
  return {
    addressing: { by: 'columns', columns, context: attention.context },
    ...{ address: state, activations, attention, source: 'cache' },
    append: (qkv, kv) => [append(attention, columns, qkv, kv, state)],
  };
}

function append(
  shape: AttentionShape,
  columns: number,
  qkv: GPUBuffer,
  kv: GPUBuffer,
  state: GPUBuffer,
): Planned {
  return {
    source: kvAppendColumnsKernel(shape),
    buffers: [qkv, kv, state],
    grid: () => kvAppendColumnsGrid(shape, columns),
  };
}

function linear(
  step: LinearStep,
  model: GpuModel,
  { activations, state }: DecodeBuffers,
  { columns }: DecodeShape,
  choose: VariantChooser,
): Planned {
  const { matrix, biasAndNorm } = linearOf(model, step);
  const shape: MatvecShape = {
    name: step.name.replace(/^h\.\d+\./, ''),
    matrix: matrix.format,
    columns,
    inputStride: slotStride(step.from),
    normEpsilon: step.norm?.epsilon,
    epilogue: epilogueOf(step.output),
  };
  const variant = choose(shape);
  const grid = matvecGrid(matrix.format, variant);
  return {
    source: matvecKernel(shape, variant),
    buffers: [
      activations.of(step.from),
      ...matrixBuffers(matrix),
      biasAndNorm,
      state,
      activations.of(step.output.to),
    ],
    grid: () => grid,
  };
}

function attention(
  step: StepOf<'attention'>,
  model: GpuModel,
  { activations, state, partials }: DecodeBuffers,
  { attention: shape, variant, columns, splits, shared }: DecodeShape,
): Planned[] {
  const { kv, scale } = model.attention[step.spec.layer] as GpuModel['attention'][number];
  const [qkv, out] = [activations.of(step.from), activations.of(step.to)];
  const attend: Planned = {
    source: attentionDecodeKernel(shape, splits, variant, !shared),
    buffers: [qkv, kv, state, scale, splits > 1 ? partials : out],
    grid: () => [shape.heads, columns, splits],
  };
  const combine: Planned = {
    source: attentionCombineKernel(shape, splits),
    buffers: [partials, state, out],
    grid: () => [shape.heads, columns, 1],
  };
  return [
    ...(shared ? [append(shape, columns, qkv, kv, state)] : []),
    attend,
    ...(splits > 1 ? [combine] : []),
  ];
}

function norm(step: StepOf<'norm'>, model: GpuModel, { activations }: DecodeBuffers): Planned {
  return {
    source: normRowsKernel(step.width, step.epsilon),
    buffers: [activations.of(step.from), model.norms.get(step.name) as GPUBuffer, activations.of(step.to)],
    grid: (columns) => [columns, 1, 1],
  };
}
