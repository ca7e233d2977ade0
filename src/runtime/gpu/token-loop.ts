import { type Dispatch, type Gpu, ReadbackRing, record } from '../../gpu/index.ts';
import { clamp } from '../../lib/index.ts';
import { recordSize } from '../../shaders/index.ts';
import type { DecodedToken } from '../runtime.ts';
import { type DecodeBuffers, ringRecords } from './decode-buffers.ts';

const nothing = 0xffffffff;

/** The dispatches of one decode step. The first step of a run skips `layers`: prefill has already computed them. */
export interface StepDispatches {
  layers: readonly Dispatch[];
  head: readonly Dispatch[];
  pick: readonly Dispatch[];
}

export interface LoopOptions {
  steps: number;
  /** Dispatches of step `index` of the run; attention uses other kernels from a certain context length on. */
  step(index: number): StepDispatches;
  alternatives: number;
  sequences: readonly number[];
  signal?: AbortSignal;
}

export interface LoopCounters {
  submits: number;
  dispatches: number;
  tokens: number;
}

/** Steps submitted together. */
interface Batch {
  steps: number;
  submitted: number;
  result: Promise<{ words: ArrayBuffer; at: number }>;
}

/** GPU time per submit, short enough to keep the page responsive, and the most steps in one submit. */
const targetMilliseconds = 8;
const maxStepsPerSubmit = 16;
const submitsInFlight = 2;

/**
 * Runs decode steps on the GPU and reads their tokens back at most two submits later.
 * The host creates only command encoders and writes nothing: the state is in a buffer on the GPU.
 */
export class TokenLoop {
  private readonly readback: ReadbackRing;
  readonly counters: LoopCounters = { submits: 0, dispatches: 0, tokens: 0 };
  /** Measured milliseconds per step. Starts high, so that the first submits hold one step each. */
  private stepMilliseconds = targetMilliseconds;
  private lastArrival = 0;

  constructor(
    private readonly gpu: Gpu,
    private readonly buffers: DecodeBuffers,
  ) {
    this.readback = new ReadbackRing(gpu.buffers, buffers.ring.size, submitsInFlight + 1, 'tokens');
  }

  async *run(options: LoopOptions): AsyncGenerator<DecodedToken[]> {
    const pending: Batch[] = [];
    let encoded = 0;
    try {
      for (;;) {
        while (pending.length < submitsInFlight && encoded < options.steps && !options.signal?.aborted) {
          const steps = this.stepsPerSubmit(encoded, options.steps);
          pending.push(this.submit(options, encoded, steps));
          encoded += steps;
        }
        const batch = pending.shift();
        if (!batch) return;
        const words = new Uint32Array(await this.timed(batch));
        for (let step = 0; step < batch.steps; step++) {
          const tokens = this.decode(words, step, options);
          if (tokens.length === 0) return;
          this.counters.tokens += tokens.length;
          yield tokens;
        }
      }
    } finally {
      await Promise.allSettled(pending.map((batch) => batch.result));
    }
  }

  /** Awaits a batch and updates the step time; the consumer's speed does not affect the measurement. */
  private async timed(batch: Batch): Promise<ArrayBuffer> {
    const { words, at } = await batch.result;
    const milliseconds = (at - Math.max(this.lastArrival, batch.submitted)) / batch.steps;
    this.stepMilliseconds = (this.stepMilliseconds + milliseconds) / 2;
    this.lastArrival = at;
    return words;
  }

  private stepsPerSubmit(encoded: number, total: number): number {
    if (encoded === 0) return 1;
    const wanted = clamp(Math.floor(targetMilliseconds / this.stepMilliseconds), 1, maxStepsPerSubmit);
    // The records of a submit must be contiguous in the ring.
    return Math.min(wanted, total - encoded, ringRecords - (encoded % ringRecords));
  }

  private submit(options: LoopOptions, first: number, steps: number): Batch {
    const { device } = this.gpu;
    const encoder = device.createCommandEncoder({ label: 'tokens' });
    const pass = encoder.beginComputePass({ label: 'tokens' });
    for (let index = first; index < first + steps; index++) {
      const { layers, head, pick } = options.step(index);
      if (index > 0) record(pass, layers);
      record(pass, head);
      record(pass, pick);
      this.counters.dispatches += (index > 0 ? layers.length : 0) + head.length + pick.length;
    }
    pass.end();
    const stride = this.buffers.columns * recordSize(options.alternatives) * 4;
    const result = this.readback.copy(
      encoder,
      this.buffers.ring,
      (first % ringRecords) * stride,
      steps * stride,
    );
    device.queue.submit([encoder.finish()]);
    this.counters.submits++;
    const submitted = performance.now();
    const arrived = result().then((words) => ({ words, at: performance.now() }));
    // The result is awaited later, or dropped if the run ends early; neither may cause an unhandled rejection.
    arrived.catch(() => {});
    return { steps, submitted, result: arrived };
  }

  private decode(words: Uint32Array, step: number, options: LoopOptions): DecodedToken[] {
    const { alternatives, sequences } = options;
    const floats = new Float32Array(words.buffer);
    const size = recordSize(alternatives);
    const tokens: DecodedToken[] = [];
    for (const [column, sequence] of sequences.entries()) {
      const at = (step * sequences.length + column) * size;
      const id = words[at] as number;
      if (id === nothing) continue;
      const token: DecodedToken = { sequence, id, logprob: floats[at + 1] as number, alternatives: [] };
      for (let i = 0; i < alternatives; i++) {
        const other = words[at + 2 + 2 * i] as number;
        if (other !== nothing)
          token.alternatives.push({ id: other, logprob: floats[at + 3 + 2 * i] as number });
      }
      tokens.push(token);
    }
    return tokens;
  }

  destroy(): void {
    this.readback.destroy();
  }
}
