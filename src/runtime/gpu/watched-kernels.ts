import {
  type Addressing,
  type AttentionShape,
  activateRowsKernel,
  addRowsKernel,
  attentionWeightsKernel,
  editKernel,
  type KvSource,
  rowsGrid,
  weightedSumKernel,
} from '../../shaders/index.ts';
import { type ActivationBuffers, slotStride } from './activation-buffers.ts';
import type { Planned } from './dispatch-plan.ts';
import type { GpuModel } from './gpu-model.ts';
import type { Step, StepOf } from './steps.ts';

/** The rows that steps go over. */
export interface WatchedRows {
  addressing: Addressing;
  /** The uniform or the state that the addressing reads. */
  address: GPUBuffer;
  activations: ActivationBuffers;
  attention: AttentionShape;
  source: KvSource;
  /** Puts keys and values into the cache, where they are read from there. */
  append(qkv: GPUBuffer, kv: GPUBuffer): Planned[];
}

/** The dispatches of a step that only passes with watched sites have; none for the others. */
export function planWatched(step: Step, model: GpuModel, rows: WatchedRows): Planned[] {
  switch (step.kind) {
    case 'edit':
      return [edit(step, model, rows)];
    case 'add': {
      const stride = slotStride(step.to);
      const buffers = [rows.activations.of(step.to), rows.activations.of(step.from)];
      return [{ source: addRowsKernel(stride), buffers, grid: (count) => rowsGrid(stride / 4, count) }];
    }
    case 'activate': {
      const source = activateRowsKernel(step.width, slotStride(step.at), step.activation);
      const buffers = [rows.activations.of(step.at)];
      return [{ source, buffers, grid: (count) => rowsGrid(step.width, count) }];
    }
    case 'pattern':
      return pattern(step, model, rows, rows.activations.of(step.to));
    case 'weightedSum':
      return weightedSum(step, model, rows);
    default:
      return [];
  }
}

function edit(step: StepOf<'edit'>, model: GpuModel, rows: WatchedRows): Planned {
  const bound = model.edits?.of(step);
  if (!bound) throw new Error('Internal error: an edit without its numbers');
  const { shape, shift, places, edit, values, rows: own } = bound;
  return {
    source: editKernel(shape, rows.addressing),
    buffers: [rows.activations.of(step.view.slot), shift, places, edit, rows.address],
    grid: (count) => rowsGrid(shape.pattern ? values * keysOf(rows) : values, own ?? count),
  };
}

function keysOf({ addressing, attention }: WatchedRows): number {
  return addressing.by === 'columns' ? addressing.context : attention.context;
}

/** The attention pattern of q and k into a buffer of [head][row][key]. */
export function pattern(
  { spec, from }: Pick<StepOf<'pattern'>, 'spec' | 'from'>,
  model: GpuModel,
  rows: WatchedRows,
  out: GPUBuffer,
): Planned[] {
  const { attention, source, addressing, address } = rows;
  const { kv, scale } = model.attention[spec.layer] as GpuModel['attention'][number];
  const qkv = rows.activations.of(from);
  const cached = source === 'cache';
  return [
    ...(cached ? rows.append(qkv, kv) : []),
    {
      source: attentionWeightsKernel(attention, source, addressing),
      buffers: [qkv, ...(cached ? [kv] : []), scale, address, out],
      grid: (count) => [attention.heads, count, 1],
    },
  ];
}

function weightedSum(step: StepOf<'weightedSum'>, model: GpuModel, rows: WatchedRows): Planned[] {
  const { attention, source, addressing, address, activations } = rows;
  const { kv } = model.attention[step.spec.layer] as GpuModel['attention'][number];
  const qkv = activations.of(step.from);
  const cached = source === 'cache';
  return [
    // Values may have been edited since the pattern was computed.
    ...(cached ? rows.append(qkv, kv) : []),
    {
      source: weightedSumKernel(attention, source, addressing),
      buffers: [qkv, ...(cached ? [kv] : []), activations.of(step.pattern), address, activations.of(step.to)],
      grid: (count) => [attention.heads, count, 1],
    },
  ];
}
