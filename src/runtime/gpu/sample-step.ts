import type { Dispatch, Gpu } from '../../gpu/index.ts';
import { isPlainGreedy } from '../../sampling/index.ts';
import {
  packSampling,
  packTables,
  type SampleShape,
  sampleKernel,
  samplingBytes,
  vectorStride,
} from '../../shaders/index.ts';
import type { DecodeRequest } from '../runtime.ts';
import type { DecodeBuffers } from './decode-buffers.ts';
import { compilePlan, forRows } from './dispatch-plan.ts';
import type { GpuModel } from './gpu-model.ts';

const uniformUsage = 0x40 | 0x8;

/** The dispatch between head and pick that chooses tokens, and the buffers it needs: a few words per token of V. */
export class SampleStep {
  private constructor(
    private readonly gpu: Gpu,
    private readonly shape: SampleShape,
    private readonly buffers: ReturnType<typeof createBuffers>,
    readonly dispatches: readonly Dispatch[],
  ) {}

  static async create(
    gpu: Gpu,
    { config, pass }: GpuModel,
    { columns, state, activations }: DecodeBuffers,
    context: number,
  ): Promise<SampleStep> {
    const shape: SampleShape = {
      vocab: config.vocabSize,
      columns,
      logitsStride: vectorStride(config.vocabSize),
      context,
    };
    const own = createBuffers(gpu, shape);
    const { work, tokenCounts, bias, lists, sampling } = own;
    const buffers = [activations.of(pass.logits), work, tokenCounts, bias, lists, state, sampling];
    const plan = await compilePlan(gpu, [
      { source: sampleKernel(shape), buffers, grid: (count) => [count, 1, 1] },
    ]);
    return new SampleStep(gpu, shape, own, forRows(plan, shape.columns));
  }

  /**
   * Writes a run's options and contexts.
   * @returns false when pick alone makes the choice: the likeliest token under unmodified logits
   * @throws VitrineError `invalid-argument` naming the option
   */
  begin({ sampling, contexts }: Pick<DecodeRequest, 'sampling' | 'contexts'>): boolean {
    const { vocab } = this.shape;
    if (isPlainGreedy(sampling)) return false;
    const { queue } = this.gpu.device;
    const tables = packTables(sampling, contexts, this.shape);
    queue.writeBuffer(this.buffers.sampling, 0, packSampling(sampling, vocab));
    if (tables.tokenCounts.length) queue.writeBuffer(this.buffers.tokenCounts, 0, tables.tokenCounts);
    if (tables.bias.length) queue.writeBuffer(this.buffers.bias, 0, tables.bias);
    if (tables.context.length) queue.writeBuffer(this.buffers.lists, 0, tables.context);
    return true;
  }

  destroy(): void {
    for (const buffer of Object.values(this.buffers)) this.gpu.buffers.destroy(buffer);
  }
}

function createBuffers(gpu: Gpu, { vocab, columns, context }: SampleShape) {
  const create = (label: string, words: number) =>
    gpu.buffers.create(`decode${columns}.sample.${label}`, words * 4);
  return {
    work: create('work', columns * vocab),
    tokenCounts: create('tokenCounts', columns * vocab),
    bias: create('bias', vocab),
    lists: create('lists', columns * context),
    sampling: gpu.buffers.create(`decode${columns}.sampling`, samplingBytes, uniformUsage),
  };
}
