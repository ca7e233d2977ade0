import { type Gpu, usage } from '../../gpu/index.ts';
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
import { ActivationBuffers } from './activation-buffers.ts';

/** Steps the ring holds: two submits in flight and room for the one being read. */
export const ringRecords = 64;
/** Parts a long context is cut into. */
export const contextSplits = 8;

/** Buffers of the token loop for a number of columns, reused by every run. */
export interface DecodeBuffers {
  columns: number;
  activations: ActivationBuffers;
  state: GPUBuffer;
  ring: GPUBuffer;
  run: GPUBuffer;
  partials: GPUBuffer;
}

export function headShape(config: GPT2Config): HeadShape {
  return { heads: config.nHead, headSize: config.nEmbd / config.nHead };
}

export function attentionShape(config: GPT2Config, context: number, kv: 'f32' | 'f16'): AttentionShape {
  const shape = headShape(config);
  return { ...shape, context, kv, qkvStride: qkvFloats(shape), outStride: vectorStride(config.nEmbd) };
}

export function createDecodeBuffers(gpu: Gpu, config: GPT2Config, columns: number): DecodeBuffers {
  const name = `decode${columns}`;
  const partials = partialBytes(headShape(config), columns, contextSplits);
  return {
    columns,
    activations: new ActivationBuffers(gpu, name, columns, config.nPositions),
    state: gpu.buffers.create(`${name}.state`, stateBytes(columns)),
    ring: gpu.buffers.create(`${name}.ring`, ringRecords * columns * recordSize(maxAlternatives) * 4),
    run: gpu.buffers.create(`${name}.run`, 256, usage.uniform),
    partials: gpu.buffers.create(`${name}.partials`, partials),
  };
}

export function destroyDecodeBuffers(gpu: Gpu, buffers: DecodeBuffers): void {
  const { activations, state, ring, run, partials } = buffers;
  activations.destroy();
  for (const buffer of [state, ring, run, partials]) gpu.buffers.destroy(buffer);
}
