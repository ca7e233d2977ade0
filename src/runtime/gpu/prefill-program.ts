import { type Dispatch, type Gpu, queueDone, submit, usage } from '../../gpu/index.ts';
import { throwIfAborted } from '../../lib/index.ts';
import {
  type AttentionShape,
  embedRowsGrid,
  embedRowsKernel,
  type MatmulVariant,
  matrixBuffers,
  packChunk,
  vectorStride,
} from '../../shaders/index.ts';
import { attentionShape, createActivations } from './decode-buffers.ts';
import { type Compiled, compilePlan, forRows, type Planned } from './dispatch-plan.ts';
import { type Activations, block, type GPT2 } from './gpt2.ts';
import type { GpuRuntimeOptions } from './options.ts';
import { PrefillOperations } from './prefill-plan.ts';
import { chunkRows, defaultAttention, defaultMatmul, layersPerSubmit } from './prefill-tuning.ts';

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

/** A part of the ids that goes through the model at once. */
interface Part {
  /** Index of its first id. */
  first: number;
  ids: readonly number[];
}

/** Runs chunks of a sequence through all blocks, filling the KV cache. Everything is compiled and bound once. */
export class PrefillProgram {
  readonly counters: PrefillCounters = { dispatches: 0, submits: 0 };
  /** Row of the last chunk at which the sequence ends. */
  private lastRow = 0;

  private constructor(
    readonly gpu: Gpu,
    readonly model: GPT2,
    readonly attention: AttentionShape,
    /** Most rows of a chunk. */
    readonly rows: number,
    readonly matmul: MatmulVariant,
    readonly buffers: PrefillBuffers,
    private readonly embed: readonly Compiled[],
    readonly layers: readonly (readonly Compiled[])[],
  ) {}

  static async create(gpu: Gpu, model: GPT2, options: GpuRuntimeOptions): Promise<PrefillProgram> {
    const { config } = model;
    const rows = chunkRows(gpu.info, config);
    const buffers = createBuffers(gpu, model, rows);
    const attention = attentionShape(config, options.context, options.kv);
    const shape = {
      attention,
      attentionVariant: defaultAttention(gpu.info),
      normEpsilon: config.layerNormEpsilon,
    };
    const matmul = options.matmul ?? defaultMatmul(gpu.info);
    const [embed, ...layers] = await Promise.all([
      compilePlan(gpu, [plannedEmbed(model, buffers, attention)]),
      ...model.h.map((layer) => {
        const ops = new PrefillOperations(shape, matmul, buffers.params, buffers.normed);
        block(ops, model, buffers.activations, layer);
        return compilePlan(gpu, ops.plan);
      }),
    ]);
    return new PrefillProgram(gpu, model, attention, rows, matmul, buffers, embed, layers);
  }

  /**
   * Computes `ids` at position, position + 1, … of a sequence; resolves when the device is done.
   * @throws VitrineError `aborted` between chunks when the signal fires.
   */
  async run(sequence: number, position: number, ids: readonly number[], signal?: AbortSignal): Promise<void> {
    await this.walk(sequence, position, ids, undefined, signal);
  }

  /** Copies the residual stream of the last row to a place in another buffer. */
  copyEnd(buffer: GPUBuffer, offsetBytes: number): void {
    const bytes = vectorStride(this.model.config.nEmbd) * 4;
    const encoder = this.gpu.device.createCommandEncoder({ label: 'end' });
    encoder.copyBufferToBuffer(this.buffers.activations.x, this.lastRow * bytes, buffer, offsetBytes, bytes);
    this.gpu.device.queue.submit([encoder.finish()]);
  }

  /** Chunk after chunk, at most two of them queued; `after` may queue more work on each. */
  async walk(
    sequence: number,
    position: number,
    ids: readonly number[],
    after?: (part: Part) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    let before: Promise<unknown> = Promise.resolve();
    let done: Promise<unknown> = before;
    for (const part of this.parts(ids)) {
      await before;
      throwIfAborted(signal, 'Reading the prompt');
      this.begin(sequence, position + part.first, part.ids);
      this.submitLayers(part.ids.length);
      after?.(part);
      before = done;
      done = queueDone(this.gpu.device);
    }
    await done;
  }

  /** The ids, cut into what goes through at once. */
  *parts(ids: readonly number[]): Generator<Part> {
    const { rows } = this;
    for (let first = 0; first < ids.length; first += rows)
      yield { first, ids: ids.slice(first, first + rows) };
  }

  /** Puts a part of a sequence in place and embeds it. */
  begin(sequence: number, base: number, ids: readonly number[], total = 0): void {
    const { queue } = this.gpu.device;
    queue.writeBuffer(this.buffers.params, 0, packChunk({ count: ids.length, base, sequence, total }));
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

  submit(dispatches: readonly Dispatch[]): void {
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

function createBuffers(gpu: Gpu, { config }: GPT2, rows: number): PrefillBuffers {
  return {
    activations: createActivations(gpu, config, rows, 0, 'prefill'),
    normed: gpu.buffers.create('prefill.normed', rows * vectorStride(config.nEmbd) * 4),
    ids: gpu.buffers.create('prefill.ids', rows * 4),
    params: gpu.buffers.create('prefill.params', 16, usage.uniform),
  };
}

function plannedEmbed(model: GPT2, buffers: PrefillBuffers, { context }: AttentionShape): Planned {
  const shape = { embedding: model.wte.format, stride: vectorStride(model.config.nEmbd), context };
  const { ids, params, activations } = buffers;
  return {
    source: embedRowsKernel(shape),
    buffers: [ids, ...matrixBuffers(model.wte), model.wpe, activations.x, params],
    grid: (rows) => embedRowsGrid(shape, rows),
  };
}
