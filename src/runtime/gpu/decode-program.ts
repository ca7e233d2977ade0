import { type Dispatch, type Gpu, submit } from '../../gpu/index.ts';
import { defined } from '../../lib/index.ts';
import {
  type ColumnStart,
  matrixBuffers,
  packRun,
  packState,
  pickKernel,
  stateLayout,
  vectorStride,
} from '../../shaders/index.ts';
import type { DecodedToken, DecodeRequest } from '../runtime.ts';
import {
  attentionShape,
  createWorkspace,
  destroyWorkspace,
  ringRecords,
  type Workspace,
} from './decode-buffers.ts';
import { DecodeOperations, type DecodeShape } from './decode-plan.ts';
import { compilePlan, forRows, type Planned } from './dispatch-plan.ts';
import { blocks, type GPT2, head } from './gpt2.ts';
import type { GpuRuntimeOptions } from './options.ts';
import { SampleStep } from './sample-step.ts';
import { type LoopCounters, type StepDispatches, TokenLoop } from './token-loop.ts';

/** Parts a long context is cut into. */
export const contextSplits = 8;
/** Positions up to which one workgroup a head is faster than parts and their combination. */
const splitFrom = 256;
/** Lanes of the one workgroup that ends a step. */
const pickLanes = 256;

/** How tokens are chosen, and what is told of them. */
export type Choice = Pick<DecodeRequest, 'contexts' | 'sampling' | 'eosTokenIds' | 'alternatives'>;

/** Everything compiled and bound for decoding a number of columns side by side. */
export class DecodeProgram {
  private readonly sampleAndPick: readonly Dispatch[];
  /** Whether the run under way draws its tokens; pick alone makes greedy choices. */
  private sampled = false;
  /** The blocks with attention in parts, once they are compiled; until then the whole form serves. */
  private split: readonly Dispatch[] | undefined;
  private splitting: Promise<void> | undefined;

  private constructor(
    private readonly gpu: Gpu,
    readonly workspace: Workspace,
    private readonly whole: readonly Dispatch[],
    private readonly compileSplit: () => Promise<readonly Dispatch[]>,
    private readonly head: readonly Dispatch[],
    private readonly sample: SampleStep,
    private readonly pick: readonly Dispatch[],
    private readonly loop: TokenLoop,
  ) {
    this.sampleAndPick = [...sample.dispatches, ...pick];
  }

  /** @param shared whether several columns may stand in one sequence */
  static async create(
    gpu: Gpu,
    model: GPT2,
    columns: number,
    options: GpuRuntimeOptions,
    shared = false,
  ): Promise<DecodeProgram> {
    const workspace = createWorkspace(gpu, model.config, columns, contextSplits);
    const shape = (splits: number): DecodeShape => ({
      columns,
      attention: attentionShape(model.config, options.context, options.kv),
      splits,
      shared,
      normEpsilon: model.config.layerNormEpsilon,
      stride: vectorStride,
    });
    const planned = (splits: number, build: (ops: DecodeOperations) => void) => {
      const ops = new DecodeOperations(shape(splits), options.choose, workspace.state, workspace.partials);
      build(ops);
      return compilePlan(gpu, ops.plan).then((plan) => forRows(plan, columns));
    };
    const compileSplit = () => planned(contextSplits, (ops) => blocks(ops, model, workspace.activations));
    const [whole, top, sample, pick] = await Promise.all([
      planned(1, (ops) => blocks(ops, model, workspace.activations)),
      planned(1, (ops) => head(ops, model, workspace.activations)),
      SampleStep.create(gpu, model.config, workspace, options.context),
      compilePlan(gpu, [plannedPick(model, workspace, options.context)]).then((plan) =>
        forRows(plan, columns),
      ),
    ]);
    const loop = new TokenLoop(gpu, workspace);
    return new DecodeProgram(gpu, workspace, whole, compileSplit, top, sample, pick, loop);
  }

  get counters(): LoopCounters {
    return this.loop.counters;
  }

  /** Puts a request's state and the sequences' last rows in place. */
  begin(request: DecodeRequest, ends: GPUBuffer, endBytes: number): void {
    const { device } = this.gpu;
    const { activations } = this.workspace;
    this.put(request, startsOf(request));
    const encoder = device.createCommandEncoder({ label: 'begin' });
    for (const [column, sequence] of request.sequences.entries()) {
      encoder.copyBufferToBuffer(ends, sequence * endBytes, activations.x, column * endBytes, endBytes);
    }
    device.queue.submit([encoder.finish()]);
  }

  private put(request: Choice, starts: readonly ColumnStart[]): void {
    const { queue } = this.gpu.device;
    const { state, run } = this.workspace;
    this.sampled = this.sample.begin(request);
    queue.writeBuffer(state, 0, packState(starts));
    queue.writeBuffer(run, 0, packRun({ ...request, ringRecords, sampled: this.sampled }));
  }

  /** One step for columns that begin with their tokens: `embed` makes of the state what the blocks begin with. */
  async once(
    request: Choice,
    starts: readonly ColumnStart[],
    embed: readonly Dispatch[],
  ): Promise<DecodedToken[]> {
    this.put(request, starts);
    const longest = Math.max(...starts.map(({ length }) => length));
    if (longest > splitFrom) void this.prepareSplit();
    const { head, pick } = this.step(longest);
    const steps = this.loop.run({
      steps: 1,
      step: () => ({ layers: [], head: [...embed, ...this.layers(longest), ...head], pick }),
      alternatives: request.alternatives,
      sequences: starts.map(({ sequence }) => sequence),
    });
    const { value } = await steps.next();
    return value ?? [];
  }

  run(request: DecodeRequest): AsyncGenerator<DecodedToken[]> {
    const longest = Math.max(...request.contexts.map((context) => context.ids.length));
    if (longest + request.maxSteps > splitFrom) void this.prepareSplit();
    return this.loop.run({
      steps: request.maxSteps,
      step: (index) => this.step(longest + index),
      alternatives: request.alternatives,
      sequences: request.sequences,
      signal: request.signal,
    });
  }

  private step(length: number): StepDispatches {
    const pick = this.sampled ? this.sampleAndPick : this.pick;
    return { layers: this.layers(length), head: this.head, pick };
  }

  /** The blocks, for contexts of this length. */
  layers(length: number): readonly Dispatch[] {
    return length > splitFrom && this.split ? this.split : this.whole;
  }

  /** Compiles the form for long contexts, which short ones need not wait for. */
  prepareSplit(): Promise<void> {
    this.splitting ??= this.compileSplit().then(
      (split) => {
        this.split = split;
      },
      // The whole form goes on serving; the next run tries again.
      () => {
        this.splitting = undefined;
      },
    );
    return this.splitting;
  }

  /** Logits of one sequence's last row, into the workspace. */
  headOnly(ends: GPUBuffer, offset: number): void {
    const { device } = this.gpu;
    const { state, activations } = this.workspace;
    device.queue.writeBuffer(state, stateLayout.running * 4, new Uint32Array([1]));
    const encoder = device.createCommandEncoder({ label: 'head' });
    const bytes = defined(activations.x.size, 'size') / this.workspace.columns;
    encoder.copyBufferToBuffer(ends, offset, activations.x, 0, bytes);
    device.queue.submit([encoder.finish()]);
    submit(device, this.head, 'head');
  }

  destroy(): void {
    this.loop.destroy();
    this.sample.destroy();
    destroyWorkspace(this.gpu, this.workspace);
  }
}

function plannedPick(model: GPT2, workspace: Workspace, context: number): Planned {
  const { state, ring, run, activations } = workspace;
  const source = pickKernel({
    embedding: model.wte.format,
    columns: workspace.columns,
    inputStride: vectorStride(model.config.nEmbd),
    logitsStride: vectorStride(model.config.vocabSize),
    context,
    lanes: pickLanes,
  });
  const buffers = [
    activations.logits,
    ...matrixBuffers(model.wte),
    model.wpe,
    activations.x,
    state,
    ring,
    run,
  ];
  return { source, buffers, grid: () => [1, 1, 1] };
}

function startsOf({ sequences, contexts, firstDraw }: DecodeRequest): ColumnStart[] {
  return sequences.map((sequence, column) => {
    const ids = contexts[column]?.ids ?? [];
    return { sequence, token: ids.at(-1) ?? 0, length: ids.length, draw: firstDraw };
  });
}
