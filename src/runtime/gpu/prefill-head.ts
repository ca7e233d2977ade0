import { type Gpu, submit, usage } from '../../gpu/index.ts';
import {
  chunkBytes,
  packChunk,
  packSummary,
  summariseRowsKernel,
  summaryHead,
  summarySize,
  vectorStride,
} from '../../shaders/index.ts';
import { ActivationBuffers } from './activation-buffers.ts';
import { type Compiled, compilePlan, forRows } from './dispatch-plan.ts';
import type { GpuModel } from './gpu-model.ts';
import { type PrefillBuffers, type PrefillShape, planPrefill } from './prefill-kernels.ts';

/** Buffers of a few rows on their way through the head. */
type HeadBuffers = Omit<PrefillBuffers, 'ids'> & { summary: GPUBuffer };

/** Records of the rows summarised for one call; freed by the caller through {@link PrefillHead.forget}. */
export interface Summaries {
  rows: number;
  top: number;
  targets: GPUBuffer;
  records: GPUBuffer;
  plan: readonly Compiled[];
}

/** The record that the kernel writes for a row. */
export interface RowSummary {
  targetLogprob: number;
  normaliser: number;
  /** Nats. */
  entropy: number;
  /** Of the target, from 1. */
  rank: number;
  likeliest: { id: number; logit: number; logprob: number }[];
}

/** The head over many rows of a chunk, a few at a time, keeping only what is asked of each row of logits. */
export class PrefillHead {
  private constructor(
    private readonly gpu: Gpu,
    private readonly model: GpuModel,
    /** Rows of logits in memory at once. */
    private readonly rows: number,
    private readonly buffers: HeadBuffers,
    private readonly plan: readonly Compiled[],
  ) {}

  /** @param rows rows of logits in memory at once */
  static async create(gpu: Gpu, model: GpuModel, rows: number, shape: PrefillShape): Promise<PrefillHead> {
    const width = vectorStride(model.config.nEmbd);
    const buffers: HeadBuffers = {
      activations: new ActivationBuffers(gpu, 'score', rows),
      normed: gpu.buffers.create('score.normed', rows * width * 4),
      params: gpu.buffers.create('score.params', chunkBytes, usage.uniform),
      summary: gpu.buffers.create('score.summary', 16, usage.uniform),
    };
    const plan = await compilePlan(gpu, planPrefill(model.pass.head, model, buffers, shape));
    return new PrefillHead(gpu, model, rows, buffers, plan);
  }

  /** Room for the records of `targets.length` rows with `top` likeliest ids each. A target of -1 is none. */
  async prepare(targets: readonly number[], top: number): Promise<Summaries> {
    const { buffers } = this.gpu;
    const { vocabSize } = this.model.config;
    const words = Uint32Array.from(targets, (target) => Math.max(0, target));
    const targetBuffer = buffers.from('score.targets', words);
    const records = buffers.create('score.records', targets.length * summarySize(top) * 4);
    const source = summariseRowsKernel(vocabSize, vectorStride(vocabSize));
    const logits = this.buffers.activations.of(this.model.pass.logits);
    const bound = [logits, targetBuffer, records, this.buffers.summary];
    const plan = await compilePlan(this.gpu, [{ source, buffers: bound, grid: (rows) => [rows, 1, 1] }]);
    return { rows: targets.length, top, targets: targetBuffer, records, plan };
  }

  /** Summarises `count` rows of the residual stream x into the records from `firstRecord` on. */
  run(summaries: Summaries, x: GPUBuffer, count: number, firstRecord: number): void {
    const { device } = this.gpu;
    const bytes = vectorStride(this.model.config.nEmbd) * 4;
    for (let first = 0; first < count; first += this.rows) {
      const rows = Math.min(this.rows, count - first);
      const encoder = device.createCommandEncoder({ label: 'score' });
      const own = this.buffers.activations.of(this.model.pass.hidden);
      encoder.copyBufferToBuffer(x, first * bytes, own, 0, rows * bytes);
      device.queue.submit([encoder.finish()]);
      device.queue.writeBuffer(this.buffers.params, 0, packChunk({ count: rows, base: 0, sequence: 0 }));
      device.queue.writeBuffer(this.buffers.summary, 0, packSummary(summaries.top, firstRecord + first));
      submit(device, [...forRows(this.plan, rows), ...forRows(summaries.plan, rows)], 'score');
    }
  }

  forget({ targets, records }: Summaries): void {
    for (const buffer of [targets, records]) this.gpu.buffers.destroy(buffer);
  }

  destroy(): void {
    const { activations, normed, params, summary } = this.buffers;
    activations.destroy();
    for (const buffer of [normed, params, summary]) this.gpu.buffers.destroy(buffer);
  }
}

/** The record of one row, from the bytes of all. */
export function readSummary(bytes: ArrayBuffer, row: number, top: number): RowSummary {
  const at = row * summarySize(top);
  const floats = new Float32Array(bytes);
  const words = new Uint32Array(bytes);
  const normaliser = floats[at + 1] as number;
  const likeliest = Array.from({ length: top }, (_, i) => {
    const pair = at + summaryHead + 2 * i;
    const logit = floats[pair + 1] as number;
    return { id: words[pair] as number, logit, logprob: logit - normaliser };
  });
  return {
    targetLogprob: floats[at] as number,
    normaliser,
    entropy: floats[at + 2] as number,
    rank: words[at + 3] as number,
    likeliest,
  };
}
