import { type Dispatch, type Gpu, readBuffer, submit, usage } from '../gpu/index.ts';
import { throwIfAborted } from '../lib/index.ts';
import {
  type AttentionShape,
  embedRowsGrid,
  embedRowsKernel,
  type MatmulVariant,
  matrixBuffers,
  packChunk,
  vectorStride,
} from '../shaders/index.ts';
import { type Activations, block, type GPT2 } from './gpt2.ts';
import type { GpuRuntimeOptions } from './gpu-runtime.ts';
import { type Compiled, compilePlan, forRows, type Planned } from './plan.ts';
import { PrefillHead, readSummary } from './prefill-head.ts';
import { AttentionViews, lensViews } from './prefill-inspect.ts';
import { PrefillOperations } from './prefill-plan.ts';
import { chunkRows, defaultAttention, defaultMatmul, layersPerSubmit, logitRows } from './prefill-sizes.ts';
import type { InsideViews, RowScores } from './runtime.ts';
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
  private head: PrefillHead | undefined;

  private constructor(
    private readonly gpu: Gpu,
    private readonly model: GPT2,
    private readonly attention: AttentionShape,
    /** Most rows of a chunk. */
    private readonly rows: number,
    private readonly matmul: MatmulVariant,
    private readonly buffers: PrefillBuffers,
    private readonly embed: readonly Compiled[],
    private readonly layers: readonly (readonly Compiled[])[],
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

  /** Like run, and says how likely each row thinks targets[i] is; -1 is not scored (NaN). */
  async score(
    sequence: number,
    position: number,
    ids: readonly number[],
    targets: readonly number[],
  ): Promise<RowScores> {
    const head = await this.scorer();
    const summaries = await head.prepare(targets.slice(0, ids.length), 1);
    try {
      await this.walk(sequence, position, ids, ({ first, ids: part }) =>
        head.run(summaries, this.buffers.activations.x, part.length, first),
      );
      const bytes = await readBuffer(this.gpu.device, this.gpu.buffers, summaries.records);
      const rows = ids.map((_, row) => readSummary(bytes, row, 1));
      return {
        logprobs: Float32Array.from(rows, (row, i) => (targets[i] === -1 ? Number.NaN : row.targetLogprob)),
        argmax: Uint32Array.from(rows, (row) => row.likeliest[0]?.id ?? 0),
      };
    } finally {
      head.forget(summaries);
    }
  }

  /** Views of one pass over ids from the start of sequence 0, which is left there. */
  async inspect(
    ids: readonly number[],
    what: { attention: boolean; logitLensTop: number },
  ): Promise<InsideViews> {
    const { model, gpu, buffers } = this;
    const top = what.logitLensTop;
    const views = what.attention
      ? await AttentionViews.create(gpu, model, this.attention, buffers, this.rows, ids.length)
      : undefined;
    const head = top > 0 ? await this.scorer() : undefined;
    const stages = model.h.length + 1;
    const records = await head?.prepare(new Array<number>(stages * ids.length).fill(0), top);
    try {
      for (const part of parts(ids, this.rows)) {
        this.begin(0, part.first, part.ids, ids.length);
        const lens = (stage: number) => {
          const row = stage * ids.length + part.first;
          if (head && records) head.run(records, buffers.activations.x, part.ids.length, row);
        };
        lens(0);
        for (const [index, layer] of this.layers.entries()) {
          this.submit(forRows(layer, part.ids.length));
          await views?.take(index, part.first, part.ids.length);
          lens(index + 1);
        }
      }
      return {
        ...(views && { attention: views.result }),
        ...(records && { logitLens: await lensViews(gpu, records, stages, ids.length) }),
      };
    } finally {
      views?.destroy();
      if (records) head?.forget(records);
    }
  }

  /** Copies the residual stream of the last row to a place in another buffer. */
  copyEnd(buffer: GPUBuffer, offsetBytes: number): void {
    const bytes = vectorStride(this.model.config.nEmbd) * 4;
    const encoder = this.gpu.device.createCommandEncoder({ label: 'end' });
    encoder.copyBufferToBuffer(this.buffers.activations.x, this.lastRow * bytes, buffer, offsetBytes, bytes);
    this.gpu.device.queue.submit([encoder.finish()]);
  }

  /** Chunk after chunk, at most two of them queued; `after` may queue more work on each. */
  private async walk(
    sequence: number,
    position: number,
    ids: readonly number[],
    after?: (part: Part) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    let before: Promise<unknown> = Promise.resolve();
    let done: Promise<unknown> = before;
    for (const part of parts(ids, this.rows)) {
      await before;
      throwIfAborted(signal, 'Reading the prompt');
      this.begin(sequence, position + part.first, part.ids);
      this.submitLayers(part.ids.length);
      after?.(part);
      before = done;
      done = this.gpu.device.queue.onSubmittedWorkDone();
    }
    await done;
  }

  private begin(sequence: number, base: number, ids: readonly number[], total = 0): void {
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

  private submit(dispatches: readonly Dispatch[]): void {
    submit(this.gpu.device, dispatches, 'prefill');
    this.counters.dispatches += dispatches.length;
    this.counters.submits++;
  }

  private async scorer(): Promise<PrefillHead> {
    const { gpu, model } = this;
    const rows = Math.min(this.rows, logitRows(gpu.info, model.config));
    this.head ??= await PrefillHead.create(gpu, model, rows, this.attention, this.matmul);
    return this.head;
  }

  destroy(): void {
    const { activations, normed, ids, params } = this.buffers;
    for (const buffer of [...Object.values(activations), normed, ids, params]) {
      this.gpu.buffers.destroy(buffer);
    }
    this.head?.destroy();
  }
}

function* parts(ids: readonly number[], rows: number): Generator<Part> {
  for (let first = 0; first < ids.length; first += rows) yield { first, ids: ids.slice(first, first + rows) };
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
