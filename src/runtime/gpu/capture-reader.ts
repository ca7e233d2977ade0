import { type Gpu, readBuffer } from '../../gpu/index.ts';
import { widthOf } from '../../model/index.ts';
import type { RunResult } from '../runtime.ts';
import { shapeOf } from './edit-buffers.ts';
import type { StepOf } from './steps.ts';

/** A buffer that holds a site's values in this many rows. */
export interface CapturedRows {
  buffer: GPUBuffer;
  rows: number;
}

/** Bytes on their way back at once. */
const inFlightBytes = 2 ** 26;

/** Reads captured sites back and gives each run its own. */
export class CaptureReader {
  private readonly captured: RunResult['captured'][];
  private pending: Promise<void>[] = [];
  private bytes = 0;

  /** @param length rows of each run */
  constructor(
    private readonly gpu: Gpu,
    runs: number,
    private readonly length: number,
  ) {
    this.captured = Array.from({ length: runs }, () => ({}));
  }

  /** Begins to read what the work submitted so far has left. `rows` says which of all rows these are; default: all. */
  async take(step: StepOf<'capture'>, from: CapturedRows, rows?: readonly number[]): Promise<void> {
    const { gpu } = this;
    const stride = step.pattern
      ? (step.view.shape[0] as number) * this.length
      : shapeOf(step.view).shape.stride;
    const bytes = from.rows * stride * 4;
    // The copy is submitted here, before anything overwrites the buffer; only its arrival is awaited later.
    const arrival = readBuffer(gpu.device, gpu.buffers, from.buffer, bytes);
    const done = arrival.then((copy) => this.put(step, new Float32Array(copy), from.rows, rows));
    // Awaited below; a failure of one must not leave the others unhandled.
    done.catch(() => {});
    this.pending.push(done);
    this.bytes += bytes;
    if (this.bytes > inFlightBytes) await this.settle();
  }

  private async settle(): Promise<void> {
    const { pending } = this;
    this.pending = [];
    this.bytes = 0;
    await Promise.all(pending);
  }

  private put(
    step: StepOf<'capture'>,
    values: Float32Array,
    count: number,
    rows: readonly number[] | undefined,
  ): void {
    if (step.pattern) this.putPattern(step, values, count);
    else for (let index = 0; index < count; index++) this.putRow(step, values, index, rows?.[index] ?? index);
  }

  private putRow({ site, view }: StepOf<'capture'>, values: Float32Array, index: number, row: number): void {
    const width = widthOf(view.shape);
    const { data } = this.entry(site, row, [this.length, ...view.shape]);
    const { shape } = shapeOf(view);
    const from = index * shape.stride + shape.offset;
    const to = (row % this.length) * width;
    for (let head = 0; head * shape.size < width; head++) {
      const at = from + head * shape.padded;
      data.set(values.subarray(at, at + shape.size), to + head * shape.size);
    }
  }

  /** [head][row][key] to [head][T][T] of each run. */
  private putPattern({ site, view }: StepOf<'capture'>, values: Float32Array, count: number): void {
    const { length } = this;
    const [heads] = view.shape as [number];
    const size = length * length;
    for (let row = 0; row < count; row += length) {
      const { data } = this.entry(site, row, [heads, length, length]);
      for (let head = 0; head < heads; head++) {
        const at = (head * count + row) * length;
        data.set(values.subarray(at, at + size), head * size);
      }
    }
  }

  private entry(site: string, row: number, shape: number[]): { shape: number[]; data: Float32Array } {
    const captured = this.captured[Math.floor(row / this.length)] as RunResult['captured'];
    captured[site] ??= { shape, data: new Float32Array(widthOf(shape)) };
    return captured[site];
  }

  /** By run, when all has arrived. */
  async results(): Promise<RunResult['captured'][]> {
    await this.settle();
    return this.captured;
  }
}
