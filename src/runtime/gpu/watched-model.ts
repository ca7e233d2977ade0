import type { Gpu } from '../../gpu/index.ts';
import { biasAndNormLayout } from '../../shaders/index.ts';
import { EditBuffers } from './edit-buffers.ts';
import { type GpuModel, linearOf, linearSteps } from './gpu-model.ts';
import type { Lowered } from './steps.ts';

/** A model with another pass; `free` destroys what was made for it. */
export type WatchedModel = GpuModel & { free(): void };

/**
 * The same weights for another pass, with what its edits need. A product whose norm is a step of its own gets a bias of
 * zeros in place of the folded vectors.
 * @param length rows of each run; positions of the context where one sequence is written
 */
export function modelFor(gpu: Gpu, model: GpuModel, pass: Lowered, length: number): WatchedModel {
  const edits = new EditBuffers(gpu, pass, length);
  const linears = new Map(model.linears);
  const zeros: GPUBuffer[] = [];
  for (const step of linearSteps(pass)) {
    const { matrix, normEpsilon } = linearOf(model, step);
    if (step.norm || normEpsilon === undefined) continue;
    const bias = gpu.buffers.create(`${step.name}.zeros`, biasAndNormLayout(matrix.format, false).floats * 4);
    zeros.push(bias);
    linears.set(step.name, { matrix, biasAndNorm: bias, normEpsilon: undefined });
  }
  const free = () => {
    edits.destroy();
    for (const buffer of zeros) gpu.buffers.destroy(buffer);
  };
  return { ...model, pass, linears, edits, free };
}
