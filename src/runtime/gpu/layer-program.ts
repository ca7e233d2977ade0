import { type Dispatch, type Gpu, submit } from '../../gpu/index.ts';
import { type ColumnStart, packState } from '../../shaders/index.ts';
import { slotStride } from './activation-buffers.ts';
import {
  attentionShape,
  contextSplits,
  createDecodeBuffers,
  type DecodeBuffers,
  destroyDecodeBuffers,
} from './decode-buffers.ts';
import { type DecodeShape, embed, planDecode } from './decode-kernels.ts';
import { compilePlan, forRows } from './dispatch-plan.ts';
import type { GpuModel } from './gpu-model.ts';
import type { GpuRuntimeOptions } from './options.ts';
import { defaultDecodeAttention } from './prefill-tuning.ts';

/** Runs the blocks for a few columns: owns their buffers, and dispatches for short and for long contexts. */
export class LayerProgram {
  /** The blocks with attention in parts, once compiled; until then the whole form serves. */
  private split: readonly Dispatch[] | undefined;
  private splitting: Promise<void> | undefined;

  private constructor(
    private readonly gpu: Gpu,
    private readonly model: GpuModel,
    readonly buffers: DecodeBuffers,
    /** Of short contexts. */
    readonly shape: DecodeShape,
    private readonly whole: readonly Dispatch[],
    private readonly splitFrom: number,
    private readonly compileSplit: () => Promise<readonly Dispatch[]>,
  ) {}

  /** @param shared whether several columns may share a sequence */
  static async create(
    gpu: Gpu,
    model: GpuModel,
    columns: number,
    options: GpuRuntimeOptions,
    shared = false,
  ): Promise<LayerProgram> {
    const buffers = createDecodeBuffers(gpu, model.config, columns);
    const attention = attentionShape(model.config, options.context, options.kv);
    const steps = [...(embedsItself(model) ? model.pass.embed : []), ...model.pass.body];
    const { splitFrom, ...variant } = options.decodeAttention ?? defaultDecodeAttention(gpu.info);
    const shape = { columns, attention, variant, splits: 1, shared };
    const compile = async (splits: number) => {
      const plan = planDecode(steps, model, buffers, { ...shape, splits }, options.chooseVariant);
      return forRows(await compilePlan(gpu, plan), columns);
    };
    const whole = await compile(1);
    return new LayerProgram(gpu, model, buffers, shape, whole, splitFrom, () => compile(contextSplits));
  }

  /** The blocks, for contexts of this length; compiles the form for long ones when they come near. */
  layers(length: number): readonly Dispatch[] {
    return length > this.splitFrom && this.split ? this.split : this.whole;
  }

  /** Begins to compile the form for long contexts if this length needs it; until then the whole form serves. */
  expect(length: number): void {
    if (length > this.splitFrom) void this.prepareSplit();
  }

  /** Compiles the form for long contexts, if the adapter has one; short ones need not wait for it. */
  prepareSplit(): Promise<void> {
    if (this.splitFrom >= this.shape.attention.context) return Promise.resolve();
    this.splitting ??= this.compileSplit().then(
      (split) => {
        this.split = split;
      },
      // Keep using the unsplit form; the next run tries again.
      () => {
        this.splitting = undefined;
      },
    );
    return this.splitting;
  }

  /** The dispatch that embeds the token of every column's state. */
  async compileEmbed(): Promise<readonly Dispatch[]> {
    const [step] = this.model.pass.embed;
    if (step?.kind !== 'embed' || embedsItself(this.model)) return [];
    const plan = await compilePlan(this.gpu, [embed(step, this.model, this.buffers, this.shape)]);
    return forRows(plan, this.shape.columns);
  }

  /** Runs given tokens through the blocks and copies the residual stream of column `last` to a place in a buffer. */
  run(
    starts: readonly ColumnStart[],
    embed: readonly Dispatch[],
    { last, to, offset }: { last: number; to: GPUBuffer; offset: number },
  ): void {
    const { device } = this.gpu;
    const { state, activations } = this.buffers;
    const longest = Math.max(...starts.map(({ length }) => length));
    this.expect(longest);
    device.queue.writeBuffer(state, 0, packState(starts));
    submit(device, [...embed, ...this.layers(longest)], 'short prefill');
    const encoder = device.createCommandEncoder({ label: 'short prefill end' });
    const bytes = slotStride(this.model.pass.hidden) * 4;
    encoder.copyBufferToBuffer(activations.of(this.model.pass.hidden), last * bytes, to, offset, bytes);
    device.queue.submit([encoder.finish()]);
  }

  destroy(): void {
    destroyDecodeBuffers(this.gpu, this.buffers);
  }
}

/** Where an embedding is watched, the blocks begin with the embeddings; else the step before has written their sum. */
function embedsItself({ pass }: GpuModel): boolean {
  return pass.embed.length > 1;
}
