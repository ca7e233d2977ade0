import { type Dispatch, type Gpu, submit } from '../../gpu/index.ts';
import {
  type ColumnStart,
  matrixBuffers,
  packRun,
  packState,
  pickKernel,
  vectorStride,
} from '../../shaders/index.ts';
import type { DecodedToken, DecodeRequest } from '../runtime.ts';
import { slotStride } from './activation-buffers.ts';
import { startsOf } from './column-state.ts';
import { type DecodeBuffers, ringRecords } from './decode-buffers.ts';
import { planDecode } from './decode-kernels.ts';
import { compilePlan, forRows, type Planned } from './dispatch-plan.ts';
import type { GpuModel } from './gpu-model.ts';
import type { LayerProgram } from './layer-program.ts';
import type { GpuRuntimeOptions } from './options.ts';
import { choiceLanes, SampleStep } from './sample-step.ts';
import { type LoopCounters, type StepDispatches, TokenLoop } from './token-loop.ts';

/** Sampling and reporting options. */
export type Choice = Pick<DecodeRequest, 'contexts' | 'sampling' | 'eosTokenIds' | 'alternatives'>;

/** A token step for a number of columns side by side: the blocks, then head, sampling and pick. */
export class DecodeProgram {
  private readonly loop: TokenLoop;
  /** What chooses in the current run; greedy decoding needs only the pick kernel. */
  private choosing: readonly Dispatch[];

  private constructor(
    private readonly gpu: Gpu,
    private readonly model: GpuModel,
    private readonly blocks: LayerProgram,
    private readonly sample: SampleStep,
    private readonly head: readonly Dispatch[],
    private readonly pick: readonly Dispatch[],
  ) {
    this.loop = new TokenLoop(gpu, blocks.buffers);
    this.choosing = pick;
  }

  /** @param blocks of the same columns; destroyed by its creator */
  static async create(
    gpu: Gpu,
    model: GpuModel,
    blocks: LayerProgram,
    options: GpuRuntimeOptions,
  ): Promise<DecodeProgram> {
    const { buffers, shape } = blocks;
    const compile = async (plan: Planned[]) => forRows(await compilePlan(gpu, plan), shape.columns);
    const [sample, head, pick] = await Promise.all([
      SampleStep.create(gpu, model, buffers, options.context),
      compile(planDecode(model.pass.head, model, buffers, shape, options.chooseVariant)),
      compile([plannedPick(model, buffers, options.context, choiceLanes(gpu.info))]),
    ]);
    return new DecodeProgram(gpu, model, blocks, sample, head, pick);
  }

  get counters(): LoopCounters {
    return this.loop.counters;
  }

  /** Logits of every column, [columns][V]. */
  get logits(): GPUBuffer {
    return this.blocks.buffers.activations.of(this.model.pass.logits);
  }

  /** Writes a request's state and the sequences' last rows. */
  async begin(request: DecodeRequest, lastHidden: GPUBuffer): Promise<void> {
    const { device } = this.gpu;
    await this.sample.prepare(request.sampling);
    this.put(request, startsOf(request));
    const encoder = device.createCommandEncoder({ label: 'begin' });
    for (const [column, sequence] of request.sequences.entries())
      this.copyHidden(encoder, lastHidden, sequence, column);
    device.queue.submit([encoder.finish()]);
  }

  private copyHidden(encoder: GPUCommandEncoder, from: GPUBuffer, sequence: number, column: number): void {
    const { hidden } = this.model.pass;
    const bytes = slotStride(hidden) * 4;
    const x = this.blocks.buffers.activations.of(hidden);
    encoder.copyBufferToBuffer(from, sequence * bytes, x, column * bytes, bytes);
  }

  private put(request: Choice, starts: readonly ColumnStart[]): void {
    const { queue } = this.gpu.device;
    const { state, run } = this.blocks.buffers;
    const sampling = this.sample.begin(request);
    this.choosing = [...sampling, ...this.pick];
    queue.writeBuffer(state, 0, packState(starts));
    const { drawable } = request.sampling;
    queue.writeBuffer(run, 0, packRun({ ...request, ringRecords, sampled: sampling.length > 0, drawable }));
  }

  /** One step for columns that begin with their tokens, which `embed` turns into what the blocks begin with. */
  async step(
    request: Choice,
    starts: readonly ColumnStart[],
    embed: readonly Dispatch[],
  ): Promise<DecodedToken[]> {
    await this.sample.prepare(request.sampling);
    this.put(request, starts);
    const longest = Math.max(...starts.map(({ length }) => length));
    this.blocks.expect(longest);
    const { layers, head, pick } = this.dispatches(longest);
    const steps = this.loop.run({
      steps: 1,
      step: () => ({ layers: [], head: [...embed, ...layers, ...head], pick }),
      alternatives: request.alternatives,
      sequences: starts.map(({ sequence }) => sequence),
    });
    const { value } = await steps.next();
    return value ?? [];
  }

  run(request: DecodeRequest): AsyncGenerator<DecodedToken[]> {
    const longest = Math.max(...request.contexts.map((context) => context.ids.length));
    this.blocks.expect(longest + request.maxSteps);
    return this.loop.run({
      steps: request.maxSteps,
      step: (index) => this.dispatches(longest + index),
      alternatives: request.alternatives,
      sequences: request.sequences,
      signal: request.signal,
    });
  }

  private dispatches(length: number): StepDispatches {
    return { layers: this.blocks.layers(length), head: this.head, pick: this.choosing };
  }

  /** Logits of the last row of a sequence of so many positions, into the first column. */
  headOnly(lastHidden: GPUBuffer, sequence: number, length: number): void {
    const { device } = this.gpu;
    const state = packState([{ sequence, token: 0, length, draw: 0 }]);
    device.queue.writeBuffer(this.blocks.buffers.state, 0, state);
    const encoder = device.createCommandEncoder({ label: 'head' });
    this.copyHidden(encoder, lastHidden, sequence, 0);
    device.queue.submit([encoder.finish()]);
    submit(device, this.head, 'head');
  }

  destroy(): void {
    this.loop.destroy();
    this.sample.destroy();
  }
}

/** Ends a step: takes the token and embeds it for the step that follows. */
function plannedPick(model: GpuModel, buffers: DecodeBuffers, context: number, lanes: number): Planned {
  const { state, ring, run, activations, columns } = buffers;
  const { embedding, positions, pass, config } = model;
  const source = pickKernel({
    embedding: embedding.format,
    columns,
    inputStride: slotStride(pass.embedded),
    logitsStride: vectorStride(config.vocabSize),
    context,
    lanes,
  });
  const logits = activations.of(pass.logits);
  const x = activations.of(pass.embedded);
  return {
    source,
    buffers: [logits, ...matrixBuffers(embedding), positions, x, state, ring, run],
    grid: () => [1, 1, 1],
  };
}
