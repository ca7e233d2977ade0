import { type Dispatch, type Gpu, submit, usage } from '../gpu/index.ts';
import { throwIfAborted } from '../lib/index.ts';
import {
  type AttentionShape,
  embedRowsGrid,
  embedRowsKernel,
  matrixBuffers,
  packChunk,
  vectorStride,
} from '../shaders/index.ts';
import { type Activations, block, type GPT2 } from './gpt2.ts';
import type { GpuRuntimeOptions } from './gpu-runtime.ts';
import { type Compiled, compilePlan, forRows, type Planned } from './plan.ts';
import { PrefillOperations } from './prefill-plan.ts';
import { chunkRows, defaultMatmul, layersPerSubmit } from './prefill-sizes.ts';
import { attentionShape, createActivations } from './workspace.ts';

/** Buffers of a chunk on its way through the model. */
export interface PrefillBuffers {
  activations: Activations;
  normed: GPUBuffer;
  ids: GPUBuffer;
  params: GPUBuffer;
}

export interface PrefillCounters {
  dispatches: number;
  submits: number;
}

/** Runs chunks of a sequence through all blocks, filling the KV cache. Everything is compiled and bound once. */
export class PrefillProgram {
  readonly counters: PrefillCounters = { dispatches: 0, submits: 0 };
  /** Row of the last chunk at which the sequence ends. */
  private lastRow = 0;

  private constructor(
    private readonly gpu: Gpu,
    private readonly model: GPT2,
    /** Most rows of a chunk. */
    private readonly rows: number,
    private readonly buffers: PrefillBuffers,
    private readonly embed: readonly Compiled[],
    private readonly layers: readonly (readonly Compiled[])[],
  ) {}

  static async create(gpu: Gpu, model: GPT2, options: GpuRuntimeOptions): Promise<PrefillProgram> {
    const { config } = model;
    const rows = chunkRows(gpu.info, config);
    const stride = vectorStride(config.nEmbd);
    const buffers: PrefillBuffers = {
      activations: createActivations(gpu, config, rows, 0, 'prefill'),
      normed: gpu.buffers.create('prefill.normed', rows * stride * 4),
      ids: gpu.buffers.create('prefill.ids', rows * 4),
      params: gpu.buffers.create('prefill.params', 16, usage.uniform),
    };
    const attention = attentionShape(config, options.context, options.kv);
    const [embed, ...layers] = await Promise.all([
      compilePlan(gpu, [plannedEmbed(model, buffers, attention)]),
      ...model.h.map((layer) => {
        const shape = { attention, normEpsilon: config.layerNormEpsilon };
        const ops = new PrefillOperations(shape, defaultMatmul(gpu.info), buffers.params, buffers.normed);
        block(ops, model, buffers.activations, layer);
        return compilePlan(gpu, ops.plan);
      }),
    ]);
    return new PrefillProgram(gpu, model, rows, buffers, embed, layers);
  }

  /**
   * Computes `ids` at position, position + 1, … of a sequence; resolves when the device is done.
   * @throws VitrineError `aborted` between chunks when the signal fires.
   */
  async run(sequence: number, position: number, ids: readonly number[], signal?: AbortSignal): Promise<void> {
    let before: Promise<unknown> = Promise.resolve();
    let done: Promise<unknown> = before;
    for (let first = 0; first < ids.length; first += this.rows) {
      // At most two chunks are queued.
      await before;
      throwIfAborted(signal, 'Reading the prompt');
      const chunk = ids.slice(first, first + this.rows);
      this.begin(sequence, position + first, chunk);
      this.submitLayers(chunk.length);
      before = done;
      done = this.gpu.device.queue.onSubmittedWorkDone();
    }
    await done;
  }

  /** Copies the residual stream of the last row to a place in another buffer. */
  copyEnd(buffer: GPUBuffer, offsetBytes: number): void {
    const bytes = vectorStride(this.model.config.nEmbd) * 4;
    const encoder = this.gpu.device.createCommandEncoder({ label: 'end' });
    encoder.copyBufferToBuffer(this.buffers.activations.x, this.lastRow * bytes, buffer, offsetBytes, bytes);
    this.gpu.device.queue.submit([encoder.finish()]);
  }

  private begin(sequence: number, base: number, ids: readonly number[]): void {
    const { queue } = this.gpu.device;
    queue.writeBuffer(this.buffers.params, 0, packChunk({ count: ids.length, base, sequence }));
    queue.writeBuffer(this.buffers.ids, 0, new Uint32Array(ids));
    this.submit(forRows(this.embed, ids.length));
    this.lastRow = ids.length - 1;
  }

  private submitLayers(rows: number): void {
    const together = layersPerSubmit(this.gpu.info, this.model.config, rows);
    for (let first = 0; first < this.layers.length; first += together) {
      this.submit(this.layers.slice(first, first + together).flatMap((layer) => forRows(layer, rows)));
    }
  }

  private submit(dispatches: readonly Dispatch[]): void {
    submit(this.gpu.device, dispatches, 'prefill');
    this.counters.dispatches += dispatches.length;
    this.counters.submits++;
  }

  destroy(): void {
    const { activations, normed, ids, params } = this.buffers;
    for (const buffer of [...Object.values(activations), normed, ids, params]) {
      this.gpu.buffers.destroy(buffer);
    }
  }
}

function plannedEmbed(model: GPT2, buffers: PrefillBuffers, { context }: AttentionShape): Planned {
  const shape = { embedding: model.wte.format, stride: vectorStride(model.config.nEmbd), context };
  return {
    source: embedRowsKernel(shape),
    buffers: [buffers.ids, ...matrixBuffers(model.wte), model.wpe, buffers.activations.x, buffers.params],
    grid: (rows) => embedRowsGrid(shape, rows),
  };
}
