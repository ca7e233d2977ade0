import type { Gpu } from '../../gpu/index.ts';
import { queueDone, readBuffer } from '../../gpu/index.ts';
import { assert, throwIfAborted, VitrineError } from '../../lib/index.ts';
import { type Edit, type GPT2Config, recordGraph } from '../../model/index.ts';
import { kvBytes } from '../../shaders/index.ts';
import type { DecodeRequest, RunRequest, Runtime, SampleRequest, ScoreRequest } from '../runtime.ts';
import { slotStride } from './activation-buffers.ts';
import { filled } from './column-state.ts';
import { headShape } from './decode-buffers.ts';
import { type GpuModel, swapAdapter } from './gpu-model.ts';
import { growKvCache } from './grow-kv-cache.ts';
import { lower } from './lowering.ts';
import type { GpuRuntimeOptions, KernelVariants } from './options.ts';
import { Programs } from './programs.ts';
import type { WatchedModel } from './watched-model.ts';
import { destroyModel } from './weights.ts';

/** Most sequences one pass carries: the registers of a mat-vec lane. */
export const maxColumns = 8;
/** Columns that programs for given tokens are made for; fewer tokens are filled up. */
const columnCounts = [1, 2, 4, 8] as const;
/** Columns that short prompts are prepared for in the background. */
const shortColumns = [4, 8];
/** Prompts and tails up to this many tokens go through the token loop's kernels. */
const shortPrompt = 8;

/** A model on the GPU: {@link Runtime} over a KV cache, with the token loop on the device. */
export class GpuRuntime implements Runtime {
  readonly config: GPT2Config;
  readonly contextLength: number;
  readonly lost: Promise<{ reason: string }>;
  private sequences = 1;
  private disposed = false;
  /** The last row's residual stream of each sequence, [sequence][C]. */
  private lastHidden: GPUBuffer;
  /** Positions of each sequence. */
  private lengths: number[] = [0];
  private compiled: Programs;
  /** The programs of a pass with edits. */
  private edited: { programs: Programs; model: WatchedModel } | undefined;
  private counters = { dispatches: 0, submits: 0, tokens: 0 };

  constructor(
    private readonly gpu: Gpu,
    private readonly model: GpuModel,
    private options: GpuRuntimeOptions,
  ) {
    this.config = model.config;
    this.contextLength = options.context;
    this.lost = gpu.lost;
    this.lastHidden = gpu.buffers.create('lastHidden', this.hiddenBytes);
    this.compiled = new Programs(gpu, model, options);
  }

  private get hiddenBytes(): number {
    return slotStride(this.model.pass.hidden) * 4;
  }

  /** @throws VitrineError `disposed` */
  private get programs(): Programs {
    if (this.disposed) throw disposed();
    return this.edited?.programs ?? this.compiled;
  }

  async reserve(sequences: number): Promise<void> {
    if (sequences === this.sequences) return;
    if (sequences > maxColumns)
      throw new VitrineError('invalid-argument', `n = ${sequences} is above ${maxColumns}.`);
    const { buffers, device } = this.gpu;
    const each = kvBytes({ ...headShape(this.config), context: this.contextLength, kv: this.options.kv });
    const { attention } = this.model;
    const { hiddenBytes } = this;
    const grown = await growKvCache(this.gpu, attention.length, sequences, each, hiddenBytes);
    const encoder = device.createCommandEncoder({ label: 'reserve' });
    const replace = (from: GPUBuffer, to: GPUBuffer, bytes: number) => {
      encoder.copyBufferToBuffer(from, 0, to, 0, bytes);
      return to;
    };
    const old = [this.lastHidden, ...attention.map((layer) => layer.kv)];
    this.lastHidden = replace(this.lastHidden, grown.lastHidden, hiddenBytes);
    for (const [index, layer] of attention.entries())
      layer.kv = replace(layer.kv, grown.caches[index] as GPUBuffer, each);
    device.queue.submit([encoder.finish()]);
    for (const buffer of old) buffers.destroy(buffer);
    this.sequences = sequences;
    await Promise.all([this.compiled.drop(), this.edited?.programs.drop()]);
  }

  async prefill(sequence: number, position: number, ids: readonly number[], signal?: AbortSignal) {
    this.lengths[sequence] = position + ids.length;
    if (ids.length <= shortPrompt) {
      await this.prefillShort(sequence, position, ids, signal);
      return;
    }
    const program = await this.programs.prefill();
    await program.run(sequence, position, ids, signal);
    program.copyEnd(this.lastHidden, sequence * this.hiddenBytes);
  }

  /**
   * Computes all ids in one pass, so that weights are read once. Until the kernels for that many columns are compiled,
   * the token loop's kernels process one id at a time.
   */
  private async prefillShort(
    sequence: number,
    position: number,
    ids: readonly number[],
    signal?: AbortSignal,
  ): Promise<void> {
    const { programs } = this;
    const several = ids.length > 1;
    const columns = columnCounts.find((count) => count >= ids.length && programs.isHosted(count, several));
    const together = several && columns !== undefined;
    const { blocks, embed } = await programs.hosted(together ? columns : 1, together);
    throwIfAborted(signal, 'Reading the prompt');
    const starts = ids.map((token, index) => ({ sequence, token, length: position + index + 1, draw: 0 }));
    const end = { to: this.lastHidden, offset: sequence * this.hiddenBytes };
    if (together) blocks.run(filled(starts, columns), embed, { ...end, last: ids.length - 1 });
    else for (const start of starts) blocks.run([start], embed, { ...end, last: 0 });
    await queueDone(this.gpu.device);
  }

  /** Compiles what the first tokens need; weights may still be on their way. */
  async warm(): Promise<void> {
    await Promise.all([this.programs.decode(1), this.programs.hosted(1, false)]);
  }

  /**
   * Changes to other kernel variants; caches keep what they hold. The new kernels of a token are compiled before the old
   * ones go. No other call may run meanwhile.
   */
  async changeVariants(variants: KernelVariants): Promise<void> {
    if (this.disposed) throw disposed();
    const old = this.compiled;
    const options = { ...this.options, ...variants };
    const next = new Programs(this.gpu, this.model, options);
    await Promise.all([next.decode(1), next.hosted(1, false)]);
    this.options = options;
    this.compiled = next;
    await old.drop();
  }

  /** Compiles what longer prompts and contexts need. */
  async warmMore(): Promise<void> {
    await this.programs.prefill();
    await (await this.programs.hosted(1, false)).blocks.prepareSplit();
    // A software adapter takes longer to compile kernels of several columns than short prompts would ever win back.
    if (!this.gpu.info.software) await this.warmShort();
  }

  /** Compiles what takes short prompts through in one pass. */
  async warmShort(): Promise<void> {
    for (const columns of shortColumns) await this.programs.hosted(columns, true);
  }

  async score(request: ScoreRequest) {
    this.lengths[request.sequence] = request.position + request.ids.length;
    const program = await this.programs.prefill();
    const scores = await (await this.programs.inspector()).score(request);
    program.copyEnd(this.lastHidden, request.sequence * this.hiddenBytes);
    return scores;
  }

  async fork(from: number, to: readonly number[], length: number): Promise<void> {
    if (this.disposed) throw disposed();
    for (const sequence of to) this.lengths[sequence] = this.lengths[from] ?? 0;
    const { device } = this.gpu;
    const each = kvBytes({ ...headShape(this.config), context: this.contextLength, kv: this.options.kv });
    const encoder = device.createCommandEncoder({ label: 'fork' });
    // Copies within one buffer are not allowed on all browsers, so each uses a scratch buffer.
    const scratch = this.gpu.buffers.create('fork.scratch', Math.max(each, this.hiddenBytes));
    const spread = (buffer: GPUBuffer, bytes: number) => {
      encoder.copyBufferToBuffer(buffer, from * bytes, scratch, 0, bytes);
      for (const sequence of to) {
        if (sequence !== from) encoder.copyBufferToBuffer(scratch, 0, buffer, sequence * bytes, bytes);
      }
    };
    spread(this.lastHidden, this.hiddenBytes);
    if (length > 0) for (const layer of this.model.attention) spread(layer.kv, each);
    device.queue.submit([encoder.finish()]);
    this.gpu.buffers.destroy(scratch);
  }

  async logits(sequence: number): Promise<Float32Array> {
    const program = await this.programs.decode(1);
    program.headOnly(this.lastHidden, sequence, this.lengths[sequence] ?? 1);
    const bytes = this.config.vocabSize * 4;
    return new Float32Array(await readBuffer(this.gpu.device, this.gpu.buffers, program.logits, bytes));
  }

  async *decode(request: DecodeRequest) {
    const program = await this.programs.decode(request.sequences.length);
    await program.begin(request, this.lastHidden);
    try {
      yield* program.run(request);
    } finally {
      this.counters = { ...program.counters };
    }
  }

  async sampleNext(request: SampleRequest) {
    const { length } = request.rows;
    const columns = columnCounts.find((count) => count >= length);
    assert(length > 0 && columns !== undefined, `${length} rows go through in one pass`);
    return (await this.programs.batched(columns)).run(request);
  }

  async inspect(ids: readonly number[], what: { attention: boolean; logitLensTop: number }) {
    return (await this.programs.inspector()).inspect(ids, what);
  }

  async run(request: RunRequest) {
    if (this.disposed) throw disposed();
    const { watchedRuns } = await import('./watched-run.ts');
    return watchedRuns(this.gpu, this.model, this.options, request);
  }

  async setEdits(edits: readonly Edit[]): Promise<void> {
    if (this.disposed) throw disposed();
    const pass = edits.length > 0 ? lower(recordGraph(this.model.forward, { edits })) : undefined;
    const before = this.edited;
    this.edited = undefined;
    await before?.programs.drop();
    before?.model.free();
    if (!pass) return;
    const { modelFor } = await import('./watched-model.ts');
    const model = modelFor(this.gpu, this.model, pass, this.contextLength);
    this.edited = { model, programs: new Programs(this.gpu, model, this.options) };
  }

  async swapWeights(): Promise<void> {
    if (this.disposed) throw disposed();
    swapAdapter(this.model);
    await this.compiled.drop();
  }

  stats() {
    const { dispatches, submits, tokens } = this.counters;
    return {
      gpuBytes: this.gpu.buffers.bytes,
      dispatchesPerToken: tokens ? dispatches / tokens : 0,
      submitsPerToken: tokens ? submits / tokens : 0,
    };
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    destroyModel(this.gpu, this.model);
    this.gpu.destroy();
  }
}

function disposed(): VitrineError {
  return new VitrineError('disposed', 'The model was disposed. Load it again.');
}
