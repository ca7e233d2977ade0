import type { Gpu } from '../../gpu/index.ts';
import type { GPT2Config } from '../../model/index.ts';
import {
  type AttentionShape,
  type HeadShape,
  maxAlternatives,
  partialBytes,
  qkvFloats,
  recordSize,
  stateBytes,
  vectorStride,
} from '../../shaders/index.ts';
import type { Activations } from './gpt2.ts';

/** Steps the ring holds: two submits in flight and room for the one being read. */
export const ringRecords = 64;

/** Buffers of the token loop for a number of columns, reused by every run. */
export interface Workspace {
  columns: number;
  activations: Activations;
  state: GPUBuffer;
  ring: GPUBuffer;
  run: GPUBuffer;
  partials: GPUBuffer;
}

export function headShape(config: GPT2Config): HeadShape {
  return { heads: config.nHead, headSize: config.nEmbd / config.nHead };
}

/** Buffers of `rows` rows through the blocks; `logitRows` rows of logits. */
export function createActivations(
  gpu: Gpu,
  config: GPT2Config,
  rows: number,
  logitRows: number,
  name: string,
): Activations {
  const vector = (label: string, floats: number, count = rows) =>
    gpu.buffers.create(`${name}.${label}`, floats * count * 4);
  return {
    x: vector('x', vectorStride(config.nEmbd)),
    qkv: vector('qkv', qkvFloats(headShape(config))),
    att: vector('att', vectorStride(config.nEmbd)),
    mlp: vector('mlp', vectorStride(config.nInner)),
    logits: vector('logits', vectorStride(config.vocabSize), logitRows),
  };
}

export function attentionShape(config: GPT2Config, context: number, kv: 'f32' | 'f16'): AttentionShape {
  const shape = headShape(config);
  return { ...shape, context, kv, qkvStride: qkvFloats(shape), outStride: vectorStride(config.nEmbd) };
}

export function createWorkspace(gpu: Gpu, config: GPT2Config, columns: number, splits: number): Workspace {
  const name = `decode${columns}`;
  return {
    columns,
    activations: createActivations(gpu, config, columns, columns, name),
    state: gpu.buffers.create(`${name}.state`, stateBytes(columns)),
    ring: gpu.buffers.create(`${name}.ring`, ringRecords * columns * recordSize(maxAlternatives) * 4),
    run: gpu.buffers.create(`${name}.run`, 256, 0x40 | 0x8),
    partials: gpu.buffers.create(`${name}.partials`, partialBytes(headShape(config), columns, splits)),
  };
}

export function destroyWorkspace(gpu: Gpu, workspace: Workspace): void {
  const { activations, state, ring, run, partials } = workspace;
  for (const buffer of [...Object.values(activations), state, ring, run, partials])
    gpu.buffers.destroy(buffer);
}
