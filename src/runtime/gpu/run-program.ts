import { type Gpu, readBuffer, submit, usage } from '../../gpu/index.ts';
import { type Chunk, chunkBytes, packChunk, vectorStride } from '../../shaders/index.ts';
import { inputsOf, type Joining } from '../run-schedule.ts';
import type { RunRequest, RunResult } from '../runtime.ts';
import { ActivationBuffers, slotStride } from './activation-buffers.ts';
import { type CapturedRows, CaptureReader } from './capture-reader.ts';
import { attentionShape } from './decode-buffers.ts';
import { submitsWithin } from './dispatch-plan.ts';
import type { GpuModel } from './gpu-model.ts';
import type { GpuRuntimeOptions } from './options.ts';
import type { PrefillBuffers, PrefillShape } from './prefill-kernels.ts';
import { defaultAttention, defaultMatmul, logitRows, submitBudget } from './prefill-tuning.ts';
import { accessOf, compileSections, isComputed, type Section } from './run-sections.ts';
import type { Slot, Step, StepOf } from './steps.ts';

/** Texts of equal length that go through side by side. */
interface Size {
  runs: number;
  length: number;
}

interface Buffers {
  body: PrefillBuffers;
  head: PrefillBuffers;
  /** Holds a pattern that has no buffer of its own, [head][row][key]. */
  patterns: GPUBuffer | undefined;
  /** Rows of one text on their way to others. */
  copied: GPUBuffer | undefined;
}

/**
 * One pass over whole texts: each of its rows finds keys and values among the rows of its own text. Texts that are the
 * same up to an edit are computed once until there.
 */
export class RunProgram {
  private constructor(
    private readonly gpu: Gpu,
    private readonly model: GpuModel,
    private readonly size: Size,
    private readonly buffers: Buffers,
    /** Rows that go through the head at once. */
    private readonly headRows: number,
    private readonly bodySections: readonly Section[],
    private readonly headSections: readonly Section[],
  ) {}

  /** @param joining which runs begin where, see {@link scheduleRuns} */
  static async create(
    gpu: Gpu,
    model: GpuModel,
    options: GpuRuntimeOptions,
    size: Size,
    joining: readonly Joining<Slot>[],
  ) {
    const { config, pass } = model;
    const rows = size.runs * size.length;
    const headRows = Math.min(rows, logitRows(gpu.info, config));
    const body = createBuffers(gpu, 'run', rows, size.length, config.nEmbd);
    const head = createBuffers(gpu, 'run.head', headRows, 0, config.nEmbd);
    const shape: PrefillShape = {
      attention: attentionShape(config, size.length, options.kv),
      attentionVariant: { ...defaultAttention(gpu.info), queries: 1 },
      matmul: options.matmul ?? defaultMatmul(gpu.info),
      source: 'rows',
    };
    const unheld = pass.body.some((step) => step.kind === 'capture' && isComputed(step));
    const patterns = unheld
      ? gpu.buffers.create('run.pattern', 4 * config.nHead * rows * size.length)
      : undefined;
    const widest = Math.max(0, ...joining.flatMap(({ values }) => values.map(slotStride)));
    const copied = widest > 0 ? gpu.buffers.create('run.copied', 4 * widest * size.length) : undefined;
    const owned = { body, head, patterns, copied };
    const compile = (steps: readonly Step[], buffers: PrefillBuffers, begins: readonly Joining<Slot>[]) =>
      compileSections(gpu, model, steps, buffers, shape, patterns, begins);
    try {
      const [bodySections, headSections] = await Promise.all([
        compile([...pass.embed, ...pass.body], body, joining),
        compile(pass.head, head, []),
      ]);
      return new RunProgram(gpu, model, size, owned, headRows, bodySections, headSections);
    } catch (error) {
      destroyBuffers(gpu, owned);
      throw error;
    }
  }

  async run({ runs, capture, logits }: RunRequest): Promise<RunResult[]> {
    const { length } = this.size;
    const { body } = this.buffers;
    const ids = Uint32Array.from(runs.flatMap((run) => run.ids));
    const reader = new CaptureReader(this.gpu, runs.length, length);
    this.gpu.device.queue.writeBuffer(body.ids, 0, ids);
    let rows = 0;
    for (const section of this.bodySections) {
      if (section.joining) rows += this.join(section.joining, rows);
      await this.submit(section, rows, (step) =>
        reader.take(step, this.rowsOf(step, body.activations, rows)),
      );
    }
    const found = runs.map((): Float32Array[] => []);
    const inHead = capture.some((site) =>
      this.headSections.some((section) => section.capture?.site === site),
    );
    const every = logits === 'all' || inHead;
    if (every || logits === 'last' || logits.length > 0) await this.throughHead(every, logits, reader, found);
    const captured = await reader.results();
    return runs.map((_, run) => ({
      logits: joined(found[run] as Float32Array[]),
      captured: captured[run] as RunResult['captured'],
    }));
  }

  /**
   * Begins runs: brings them what the runs that they are the same as so far have computed, and lets the kernels go over
   * their rows too. Returns how many rows there are more.
   */
  private join({ runs, values }: Joining<Slot>, before: number): number {
    const { length } = this.size;
    const { body, copied } = this.buffers;
    const encoder = this.gpu.device.createCommandEncoder({ label: 'run.join' });
    for (const slot of copied ? values : []) {
      const buffer = body.activations.of(slot);
      const bytes = slotStride(slot) * length * 4;
      let held = -1;
      for (const { run, from } of runs) {
        if (run === from) continue;
        // Not every browser copies within one buffer.
        if (held !== from) encoder.copyBufferToBuffer(buffer, from * bytes, copied as GPUBuffer, 0, bytes);
        held = from;
        encoder.copyBufferToBuffer(copied as GPUBuffer, 0, buffer, run * bytes, bytes);
      }
    }
    this.gpu.device.queue.submit([encoder.finish()]);
    const more = runs.length * length;
    this.address(body.params, { count: before + more, base: 0, sequence: 0, total: length, length });
    return more;
  }

  /** The head over every row, or the last of each run, some at a time; puts logits where they are asked for. */
  private async throughHead(
    every: boolean,
    logits: RunRequest['logits'],
    reader: CaptureReader,
    found: Float32Array[][],
  ): Promise<void> {
    const { runs, length } = this.size;
    const rows = Array.from({ length: every ? runs * length : runs }, (_, index) =>
      every ? index : (index + 1) * length - 1,
    );
    for (let first = 0; first < rows.length; first += this.headRows) {
      const part = rows.slice(first, first + this.headRows);
      this.copyInputs(part);
      const chunk: Chunk = every
        ? { count: part.length, base: 0, sequence: 0, length, first }
        : { count: part.length, base: length - 1, sequence: first, length: 1 };
      const { activations, params } = this.buffers.head;
      this.address(params, chunk);
      for (const section of this.headSections)
        await this.submit(section, part.length, (step) =>
          reader.take(step, this.rowsOf(step, activations, part.length), part),
        );
      const asked = part.filter((row) => logits === 'all' || row % length === length - 1);
      const values = await this.readLogits(part, asked, logits);
      for (const [index, row] of asked.entries())
        found[Math.floor(row / length)]?.push(values[index] as Float32Array);
    }
  }

  /** Brings rows of what the head reads to it. */
  private copyInputs(rows: readonly number[]): void {
    const { body, head } = this.buffers;
    const encoder = this.gpu.device.createCommandEncoder({ label: 'run.head' });
    for (const slot of inputsOf(this.model.pass.head.map(accessOf))) {
      const bytes = slotStride(slot) * 4;
      const [from, to] = [body.activations.of(slot), head.activations.of(slot)];
      for (const [index, row] of rows.entries())
        encoder.copyBufferToBuffer(from, row * bytes, to, index * bytes, bytes);
    }
    this.gpu.device.queue.submit([encoder.finish()]);
  }

  /** Logits of the rows asked for, or those of some ids alone. */
  private async readLogits(
    part: readonly number[],
    asked: readonly number[],
    logits: RunRequest['logits'],
  ): Promise<Float32Array[]> {
    if (asked.length === 0) return [];
    const { device, buffers } = this.gpu;
    const { vocabSize } = this.model.config;
    const stride = vectorStride(vocabSize);
    const ids = typeof logits === 'string' ? undefined : logits;
    const width = ids ? ids.length : vocabSize;
    if (width === 0) return asked.map(() => new Float32Array());
    const packed = buffers.create('run.logits', asked.length * width * 4);
    const from = this.buffers.head.activations.of(this.model.pass.logits);
    const encoder = device.createCommandEncoder({ label: 'run.logits' });
    for (const [index, row] of asked.entries()) {
      const start = part.indexOf(row) * stride;
      for (const [at, id] of (ids ?? [0]).entries()) {
        const to = (index * width + at) * 4;
        encoder.copyBufferToBuffer(from, (start + id) * 4, packed, to, ids ? 4 : width * 4);
      }
    }
    device.queue.submit([encoder.finish()]);
    try {
      const values = new Float32Array(await readBuffer(device, buffers, packed));
      return asked.map((_, index) => values.slice(index * width, (index + 1) * width));
    } finally {
      buffers.destroy(packed);
    }
  }

  private rowsOf(step: StepOf<'capture'>, activations: ActivationBuffers, rows: number): CapturedRows {
    const computed = isComputed(step) && this.buffers.patterns;
    return { buffer: computed || activations.of(step.view.slot), rows };
  }

  private address(params: GPUBuffer, chunk: Chunk): void {
    this.gpu.device.queue.writeBuffer(params, 0, packChunk(chunk));
  }

  private async submit(
    { plan, capture }: Section,
    rows: number,
    take: (step: StepOf<'capture'>) => Promise<void>,
  ): Promise<void> {
    const { device, info } = this.gpu;
    for (const dispatches of submitsWithin(plan, rows, submitBudget(info))) submit(device, dispatches, 'run');
    if (capture) await take(capture);
  }

  destroy(): void {
    destroyBuffers(this.gpu, this.buffers);
  }
}

function destroyBuffers({ buffers }: Gpu, { body, head, patterns, copied }: Buffers): void {
  for (const { activations, normed, ids, params } of [body, head]) {
    activations.destroy();
    for (const buffer of [normed, ids, params]) buffers.destroy(buffer);
  }
  for (const buffer of [patterns, copied]) if (buffer) buffers.destroy(buffer);
}

function createBuffers(gpu: Gpu, name: string, rows: number, keys: number, width: number): PrefillBuffers {
  return {
    activations: new ActivationBuffers(gpu, name, rows, keys),
    normed: gpu.buffers.create(`${name}.normed`, rows * vectorStride(width) * 4),
    ids: gpu.buffers.create(`${name}.ids`, rows * 4),
    params: gpu.buffers.create(`${name}.params`, chunkBytes, usage.uniform),
  };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  if (parts.length === 1) return parts[0] as Float32Array;
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
