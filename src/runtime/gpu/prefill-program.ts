import { type Dispatch, type Gpu, queueDone, submit, usage } from '../../gpu/index.ts';
import { throwIfAborted } from '../../lib/index.ts';
import { chunkBytes, packChunk, vectorStride } from '../../shaders/index.ts';
import { ActivationBuffers, slotStride } from './activation-buffers.ts';
import { attentionShape } from './decode-buffers.ts';
import { type Compiled, compilePlan, forRows, submitsWithin } from './dispatch-plan.ts';
import type { GpuModel } from './gpu-model.ts';
import type { GpuRuntimeOptions } from './options.ts';
import { type PrefillBuffers, type PrefillShape, planPrefill } from './prefill-kernels.ts';
import { chunkRows, defaultAttention, defaultMatmul, submitBudget } from './prefill-tuning.ts';
import type { Step } from './steps.ts';

/** A part of the ids that goes through the model at once. */
interface Part {
  /** Index of its first id. */
  first: number;
  ids: readonly number[];
}

/** Called at a capture point of a chunk; its submits run at that point. */
export type CaptureChunk = (site: string, part: Part) => Promise<void> | void;

/** The dispatches up to a place that is captured, or up to the end. */
interface Section {
  plan: readonly Compiled[];
  site: string | undefined;
}

/** Runs chunks of a sequence through all blocks, filling the KV cache. Everything is compiled and bound once. */
export class PrefillProgram {
  /** Row of the last chunk at which the sequence ends. */
  private lastRow = 0;

  private constructor(
    readonly gpu: Gpu,
    readonly model: GpuModel,
    readonly shape: PrefillShape,
    readonly buffers: PrefillBuffers,
    /** Most rows of a chunk. */
    readonly rows: number,
    private readonly sections: readonly Section[],
  ) {}

  /** @param pass the model's own, or the same with captures */
  static async create(
    gpu: Gpu,
    model: GpuModel,
    options: GpuRuntimeOptions,
    pass = model.pass,
  ): Promise<PrefillProgram> {
    const { config } = model;
    const rows = chunkRows(gpu.info, config);
    const buffers = createBuffers(gpu, rows, config.nEmbd, options.context);
    const shape: PrefillShape = {
      attention: attentionShape(config, options.context, options.kv),
      attentionVariant: defaultAttention(gpu.info),
      matmul: options.matmul ?? defaultMatmul(gpu.info),
      source: 'cache',
    };
    const sections: { steps: Step[]; site?: string }[] = [{ steps: [...pass.embed] }];
    for (const step of pass.body) {
      const section = sections.at(-1) as (typeof sections)[number];
      if (step.kind !== 'capture') section.steps.push(step);
      else {
        section.site = step.site;
        sections.push({ steps: [] });
      }
    }
    const compiled = await Promise.all(
      sections.map(async ({ steps, site }) => ({
        plan: await compilePlan(gpu, planPrefill(steps, model, buffers, shape)),
        site,
      })),
    );
    return new PrefillProgram(gpu, model, shape, buffers, rows, compiled);
  }

  /** The buffer of the residual stream after the last block, [rows][C]. */
  get hidden(): GPUBuffer {
    return this.buffers.activations.of(this.model.pass.hidden);
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
    const bytes = slotStride(this.model.pass.hidden) * 4;
    const encoder = this.gpu.device.createCommandEncoder({ label: 'end' });
    encoder.copyBufferToBuffer(this.hidden, this.lastRow * bytes, buffer, offsetBytes, bytes);
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
      for (const { plan } of this.sections) this.submitPlan(plan, part.ids.length);
      after?.(part);
      before = done;
      done = queueDone(this.gpu.device);
    }
    await done;
  }

  /** A pass from the start of sequence 0 that stops at every captured site of every chunk. */
  async capture(ids: readonly number[], take: CaptureChunk): Promise<void> {
    for (const part of this.parts(ids)) {
      this.begin(0, part.first, part.ids, ids.length);
      for (const { plan, site } of this.sections) {
        this.submitPlan(plan, part.ids.length);
        if (site !== undefined) await take(site, part);
      }
    }
  }

  /** The ids, cut into what goes through at once. */
  *parts(ids: readonly number[]): Generator<Part> {
    const { rows } = this;
    for (let first = 0; first < ids.length; first += rows)
      yield { first, ids: ids.slice(first, first + rows) };
  }

  /** Says which part of a sequence the next dispatches compute. */
  private begin(sequence: number, base: number, ids: readonly number[], total = base + ids.length): void {
    const { queue } = this.gpu.device;
    queue.writeBuffer(this.buffers.params, 0, packChunk({ count: ids.length, base, sequence, total }));
    queue.writeBuffer(this.buffers.ids, 0, new Uint32Array(ids));
    this.lastRow = ids.length - 1;
  }

  private submitPlan(plan: readonly Compiled[], rows: number): void {
    for (const dispatches of submitsWithin(plan, rows, submitBudget(this.gpu.info))) this.submit(dispatches);
  }

  submit(dispatches: readonly Dispatch[]): void {
    submit(this.gpu.device, dispatches, 'prefill');
  }

  /** Dispatches of one chunk of this many rows. */
  dispatchesOf(rows: number): number {
    return this.sections.reduce((sum, { plan }) => sum + forRows(plan, rows).length, 0);
  }

  destroy(): void {
    const { activations, normed, ids, params } = this.buffers;
    activations.destroy();
    for (const buffer of [normed, ids, params]) this.gpu.buffers.destroy(buffer);
  }
}

function createBuffers(gpu: Gpu, rows: number, width: number, keys: number): PrefillBuffers {
  return {
    activations: new ActivationBuffers(gpu, 'prefill', rows, keys),
    normed: gpu.buffers.create('prefill.normed', rows * vectorStride(width) * 4),
    ids: gpu.buffers.create('prefill.ids', rows * 4),
    params: gpu.buffers.create('prefill.params', chunkBytes, usage.uniform),
  };
}
