import { leastMicroseconds } from '../src/gpu/index.ts';
import type { GPT2Config } from '../src/model/index.ts';
import type { BenchDtype } from './load-model.ts';
import type { Ceilings } from './probes.ts';

/** Bytes of a weight on the GPU, scales included. */
export const bytesPerWeight: Record<BenchDtype, number> = {
  f32: 4,
  f16: 2,
  int8: 1 + 4 / 64,
  int4: 0.5 + 2 / 32,
};

/** Cost of one kernel's dispatches in a pass: one token, or a whole prompt. */
export interface KernelCost {
  name: string;
  dispatches: number;
  /** All its dispatches of the pass. */
  microseconds: number;
  /** The larger of its shares of the stream's rate and of the multiply-adds, 0 to 1. */
  share: number;
  boundBy: 'memory' | 'multiply-adds';
}

interface Recorded {
  name: string;
  pipeline: GPUComputePipeline;
  group: GPUBindGroup;
  grid: [number, number, number];
}

/** A recorded stretch of work. */
export interface Stretch {
  /** Tokens processed. */
  rows: number;
  /** Positions a token attends to, for decoding; a prompt attends to itself. */
  context: number;
}

/** Lower bound on memory traffic and arithmetic. */
interface Demand {
  bytes: number;
  multiplyAdds: number;
}

/** Work shorter than this is repeated. */
const leastMilliseconds = 20;

/** Records every dispatch while active, on any device of this process, then times each kernel separately. */
export class KernelTimer {
  private recorded: Recorded[] = [];
  private listening = false;
  private device: GPUDevice | undefined;
  /** Restores the platform's methods. */
  readonly restore: () => void;

  constructor() {
    const timer = this;
    const pass = GPUComputePassEncoder.prototype;
    const { setPipeline, setBindGroup, dispatchWorkgroups } = pass;
    const { createBindGroup } = GPUDevice.prototype;
    let pipeline: GPUComputePipeline;
    let group: GPUBindGroup;
    GPUDevice.prototype.createBindGroup = function (descriptor) {
      timer.device = this;
      return createBindGroup.call(this, descriptor);
    };
    pass.setPipeline = function (next) {
      pipeline = next;
      setPipeline.call(this, next);
    };
    pass.setBindGroup = function (this: GPUComputePassEncoder, index: number, next: GPUBindGroup) {
      group = next;
      (setBindGroup as (index: number, group: GPUBindGroup) => undefined).call(this, index, next);
    } as GPUComputePassEncoder['setBindGroup'];
    pass.dispatchWorkgroups = function (x, y = 1, z = 1) {
      if (timer.listening) timer.recorded.push({ name: pipeline.label, pipeline, group, grid: [x, y, z] });
      dispatchWorkgroups.call(this, x, y, z);
    };
    this.restore = () => {
      GPUDevice.prototype.createBindGroup = createBindGroup;
      Object.assign(pass, { setPipeline, setBindGroup, dispatchWorkgroups });
    };
  }

  /** Records `work`, then returns the cost of each kernel per pass, highest first; `work` makes `passes` equal passes. */
  async costs(
    work: () => Promise<unknown>,
    { passes, ...stretch }: Stretch & { passes: number },
    config: GPT2Config,
    { streamGBps, fmaGFlops }: Ceilings,
  ): Promise<KernelCost[]> {
    this.recorded = [];
    this.listening = true;
    await work().finally(() => {
      this.listening = false;
    });
    const recorded = passes > 1 ? this.wholeSteps() : this.lastChunk();
    // One workgroup a row.
    const rows = recorded.find(({ name }) => name.startsWith('layernorm'))?.grid[0] ?? stretch.rows;
    const kinds = new Map<string, Recorded[]>();
    for (const step of recorded) kinds.set(step.name, [...(kinds.get(step.name) ?? []), step]);
    const costs: KernelCost[] = [];
    for (const [name, steps] of kinds) {
      const microseconds = await this.time(steps);
      const { bytes, multiplyAdds } = demandOf(name, steps.length, recorded, { ...stretch, rows }, config);
      const memory = bytes / 1e3 / microseconds / streamGBps;
      const arithmetic = (2 * multiplyAdds) / 1e3 / microseconds / fmaGFlops;
      costs.push({
        name,
        dispatches: steps.length / passes,
        microseconds: microseconds / passes,
        share: Math.max(memory, arithmetic),
        boundBy: memory >= arithmetic ? 'memory' : 'multiply-adds',
      });
    }
    return costs.sort((left, right) => right.microseconds - left.microseconds);
  }

  /** Excludes the first token of a run: it comes from the prompt's last row, so only the head runs for it. */
  private wholeSteps(): Recorded[] {
    return this.recorded.slice(this.recorded.findIndex(({ name }) => name.startsWith('pick ')) + 1);
  }

  /** Replayed steps read the last chunk's rows from the uniform, so only that chunk's steps are valid. */
  private lastChunk(): Recorded[] {
    return this.recorded.slice(this.recorded.findLastIndex(({ name }) => name.startsWith('embed ')));
  }

  /** Microseconds of the steps, one after the other in one pass. */
  private async time(steps: readonly Recorded[]): Promise<number> {
    const { device } = this;
    if (!device) throw new Error('Nothing was bound while the timer listened.');
    return leastMicroseconds(device, leastMilliseconds, () => submitSteps(device, steps));
  }
}

function submitSteps(device: GPUDevice, steps: readonly Recorded[]): void {
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  for (const { pipeline, group, grid } of steps) {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(...grid);
  }
  pass.end();
  device.queue.submit([encoder.finish()]);
}

/** The minimum demand of a kernel's dispatches in a recording, derived from its name. */
function demandOf(
  name: string,
  dispatches: number,
  all: readonly Recorded[],
  { rows, context }: Stretch,
  { nEmbd: C, vocabSize: V }: GPT2Config,
): Demand {
  // One of these begins each chunk of a prompt, and ends each step of a run.
  const chunks = all.filter((step) => /^(embed|pick) /.test(step.name)).length;
  const layers = dispatches / chunks;
  const kv = / f16( |$)/.test(name) ? 2 : 4;
  const product = / (f32|f16|int8|int4) (\d+)x(\d+) /.exec(name);
  if (product) {
    const weights = Number(product[2]) * Number(product[3]);
    const bytes = dispatches * weights * bytesPerWeight[product[1] as BenchDtype];
    return { bytes, multiplyAdds: layers * rows * weights };
  }
  if (name.startsWith('attention prefill')) {
    return { bytes: layers * rows * 2 * C * kv, multiplyAdds: layers * rows * rows * C };
  }
  if (name.startsWith('attention h')) {
    return { bytes: dispatches * context * 2 * C * kv, multiplyAdds: dispatches * context * 2 * C };
  }
  const floats: [RegExp, number][] = [
    [/^(pick|sample) /, dispatches * V],
    [/^kv append/, layers * rows * 4 * C],
    [/^(layernorm|embed)/, layers * rows * 2 * C],
    [/^attention combine/, dispatches * C],
  ];
  return { bytes: 4 * (floats.find(([pattern]) => pattern.test(name))?.[1] ?? 0), multiplyAdds: 0 };
}
