import { type Gpu, readBuffer, submit } from '../../gpu/index.ts';
import { attentionWeightsKernel } from '../../shaders/index.ts';
import type { InsideViews } from '../runtime.ts';
import { type Compiled, compilePlan, forRows } from './dispatch-plan.ts';
import { readSummary, type Summaries } from './prefill-head.ts';
import type { PrefillProgram } from './prefill-program.ts';
import type { StepOf } from './steps.ts';

/** Collects attention weights during a pass: [L][NH] of [T, T], zero above the diagonal. */
export class AttentionViews {
  readonly result: Float32Array[][];

  private constructor(
    private readonly gpu: Gpu,
    private readonly heads: number,
    private readonly total: number,
    private readonly weights: GPUBuffer,
    private readonly layers: readonly Compiled[],
  ) {
    this.result = layers.map(() => Array.from({ length: heads }, () => new Float32Array(total * total)));
  }

  /** @param captures the captured patterns of a pass of `total` positions, by layer */
  static async create(
    { gpu, model, shape: { attention }, buffers: { activations, params }, rows }: PrefillProgram,
    captures: readonly StepOf<'capture'>[],
    total: number,
  ): Promise<AttentionViews> {
    const { heads } = attention;
    const weights = gpu.buffers.create('inspect.attention', heads * Math.min(rows, total) * total * 4);
    const source = attentionWeightsKernel(attention);
    const layers = await compilePlan(
      gpu,
      captures.map(({ view }, layer) => {
        const { kv, scale } = model.attention[layer] as (typeof model.attention)[number];
        return {
          source,
          buffers: [activations.of(view.slot), kv, scale, params, weights],
          grid: (count) => [heads, count, 1],
        };
      }),
    );
    return new AttentionViews(gpu, heads, total, weights, layers);
  }

  /** Computes and fetches the weights of a chunk whose layer has just been queued. */
  async take(layer: number, first: number, count: number): Promise<void> {
    const { gpu, heads, total } = this;
    submit(gpu.device, forRows([this.layers[layer] as Compiled], count), 'inspect');
    const bytes = await readBuffer(gpu.device, gpu.buffers, this.weights, heads * count * total * 4);
    for (let head = 0; head < heads; head++) {
      const rows = new Float32Array(bytes, head * count * total * 4, count * total);
      this.result[layer]?.[head]?.set(rows, first * total);
    }
  }

  destroy(): void {
    this.gpu.buffers.destroy(this.weights);
  }
}

/** The records of `stages` passes of the head over `rows` rows, as [stage][row] of likeliest ids. */
export async function lensViews(
  gpu: Gpu,
  { records, top }: Summaries,
  stages: number,
  rows: number,
): Promise<InsideViews['logitLens']> {
  const bytes = await readBuffer(gpu.device, gpu.buffers, records);
  return Array.from({ length: stages }, (_, stage) =>
    Array.from({ length: rows }, (_, row) => readSummary(bytes, stage * rows + row, top).likeliest),
  );
}
