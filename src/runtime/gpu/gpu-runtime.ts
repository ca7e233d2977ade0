import type { Gpu } from '../../gpu/index.ts';
import { queueDone, readBuffer } from '../../gpu/index.ts';
import { assert, throwIfAborted, VitrineError } from '../../lib/index.ts';
import type { GPT2Config } from '../../model/index.ts';
import { kvBytes, vectorStride } from '../../shaders/index.ts';
import type {
  ChooseRequest,
  DecodedToken,
  DecodeRequest,
  InsideViews,
  RowScores,
  Runtime,
  RuntimeStats,
} from '../runtime.ts';
import type { RowsProgram } from './batched-step.ts';
import { headShape } from './decode-buffers.ts';
import { DecodeProgram } from './decode-program.ts';
import type { GPT2 } from './gpt2.ts';
import { makeRoom } from './grow-kv-cache.ts';
import type { Inspector } from './inspector.ts';
import type { GpuRuntimeOptions } from './options.ts';
import { PrefillProgram } from './prefill-program.ts';
import { OneRow } from './short-prefill.ts';
import { destroyModel } from './weights.ts';

/** Most sequences one pass carries: the registers of a mat-vec lane. */
export const maxColumns = 8;
/** Columns programs of given rows are made for; fewer rows are filled up. */
const columnCounts = [1, 2, 4, 8];
/** Prompts and tails up to this many tokens go through the token loop's kernels one by one. */
const rowByRow = 8;

/** A model on the GPU: {@link Runtime} over a KV cache, with the token loop on the device. */
export class GpuRuntime implements Runtime {
  readonly config: GPT2Config;
  readonly contextLength: number;
  readonly lost: Promise<{ reason: string }>;
  private sequences = 1;
  private disposed = false;
  /** The last row's residual stream of each sequence, [sequence][C]. */
  private ends: GPUBuffer;
  private readonly programs = new Map<number, Promise<DecodeProgram>>();
  private readonly rowsPrograms = new Map<number, Promise<RowsProgram>>();
  private prefillProgram: Promise<PrefillProgram> | undefined;
  private inspectorPart: Promise<Inspector> | undefined;
  private oneRow: Promise<OneRow> | undefined;
  private counters = { dispatches: 0, submits: 0, tokens: 0 };

  constructor(
    private readonly gpu: Gpu,
    private readonly model: GPT2,
    private readonly options: GpuRuntimeOptions,
  ) {
    this.config = model.config;
    this.contextLength = options.context;
    this.lost = gpu.lost;
    this.ends = gpu.buffers.create('ends', this.endBytes);
  }

  private get endBytes(): number {
    return vectorStride(this.config.nEmbd) * 4;
  }

  async reserve(sequences: number): Promise<void> {
    if (sequences === this.sequences) return;
    if (sequences > maxColumns)
      throw new VitrineError('invalid-argument', `n = ${sequences} is above ${maxColumns}.`);
    const { buffers, device } = this.gpu;
    const each = kvBytes({ ...headShape(this.config), context: this.contextLength, kv: this.options.kv });
    const { h } = this.model;
    const { ends, caches } = await makeRoom(this.gpu, h.length, sequences, each, this.endBytes);
    const encoder = device.createCommandEncoder({ label: 'reserve' });
    const replace = (from: GPUBuffer, to: GPUBuffer, bytes: number) => {
      encoder.copyBufferToBuffer(from, 0, to, 0, bytes);
      return to;
    };
    const old = [this.ends, ...h.map((layer) => layer.kv)];
    this.ends = replace(this.ends, ends, this.endBytes);
    for (const [index, layer] of h.entries()) layer.kv = replace(layer.kv, caches[index] as GPUBuffer, each);
    device.queue.submit([encoder.finish()]);
    for (const buffer of old) buffers.destroy(buffer);
    this.sequences = sequences;
    await this.dropPrograms();
  }

  /** Programs hold bind groups of the cache; they are made again when the cache moves. */
  private async dropPrograms(): Promise<void> {
    const programs = [...this.programs.values(), ...this.rowsPrograms.values()];
    for (const program of await Promise.allSettled<{ destroy(): void }>(programs))
      if (program.status === 'fulfilled') program.value.destroy();
    this.programs.clear();
    this.rowsPrograms.clear();
    const inspector = await this.inspectorPart?.catch(() => undefined);
    inspector?.destroy();
    this.inspectorPart = undefined;
    const prefill = await this.prefillProgram?.catch(() => undefined);
    prefill?.destroy();
    this.prefillProgram = undefined;
    const row = await this.oneRow?.catch(() => undefined);
    row?.destroy();
    this.oneRow = undefined;
  }

  async prefill(
    sequence: number,
    position: number,
    ids: readonly number[],
    signal?: AbortSignal,
  ): Promise<void> {
    if (ids.length <= rowByRow) {
      await this.prefillRows(sequence, position, ids, signal);
      return;
    }
    const program = await this.prefiller();
    await program.run(sequence, position, ids, signal);
    program.copyEnd(this.ends, sequence * this.endBytes);
  }

  private async prefillRows(
    sequence: number,
    position: number,
    ids: readonly number[],
    signal?: AbortSignal,
  ): Promise<void> {
    const program = await this.program(1);
    this.oneRow ??= OneRow.create(this.gpu, this.model, program, this.options);
    const row = await this.oneRow;
    throwIfAborted(signal, 'Reading the prompt');
    const end = { buffer: this.ends, offset: sequence * this.endBytes };
    for (const [index, id] of ids.entries()) row.run(sequence, position + index, id, end);
    await queueDone(this.gpu.device);
  }

  /** Compiles what the first tokens need; weights may still be on their way. */
  async warm(): Promise<void> {
    const program = await this.program(1);
    this.oneRow ??= OneRow.create(this.gpu, this.model, program, this.options);
    await this.oneRow;
  }

  /** Compiles what longer prompts and contexts need. */
  async warmMore(): Promise<void> {
    await this.prefiller();
    await (await this.program(1)).prepareSplit();
  }

  async score(
    sequence: number,
    position: number,
    ids: readonly number[],
    targets: readonly number[],
  ): Promise<RowScores> {
    const program = await this.prefiller();
    const scores = await (await this.inspector()).score(sequence, position, ids, targets);
    program.copyEnd(this.ends, sequence * this.endBytes);
    return scores;
  }

  private prefiller(): Promise<PrefillProgram> {
    this.check();
    this.prefillProgram ??= PrefillProgram.create(this.gpu, this.model, this.options);
    return this.prefillProgram;
  }

  /** Scores and views of the inside; fetched and compiled when first asked for. */
  private inspector(): Promise<Inspector> {
    this.inspectorPart ??= Promise.all([this.prefiller(), import('./inspector.ts')]).then(
      ([program, { Inspector }]) => Inspector.create(program),
    );
    // The caller sees the error; the next call tries again.
    this.inspectorPart.catch(() => {
      this.inspectorPart = undefined;
    });
    return this.inspectorPart;
  }

  private program(columns: number): Promise<DecodeProgram> {
    this.check();
    let program = this.programs.get(columns);
    if (!program) {
      program = DecodeProgram.create(this.gpu, this.model, columns, this.options);
      this.programs.set(columns, program);
    }
    return program;
  }

  async fork(from: number, to: readonly number[], length: number): Promise<void> {
    this.check();
    const { device } = this.gpu;
    const each = kvBytes({ ...headShape(this.config), context: this.contextLength, kv: this.options.kv });
    const encoder = device.createCommandEncoder({ label: 'fork' });
    // A copy within one buffer is not allowed everywhere, so each goes by way of a scratch buffer.
    const scratch = this.gpu.buffers.create('fork.scratch', Math.max(each, this.endBytes));
    const spread = (buffer: GPUBuffer, bytes: number) => {
      encoder.copyBufferToBuffer(buffer, from * bytes, scratch, 0, bytes);
      for (const sequence of to) {
        if (sequence !== from) encoder.copyBufferToBuffer(scratch, 0, buffer, sequence * bytes, bytes);
      }
    };
    spread(this.ends, this.endBytes);
    if (length > 0) for (const layer of this.model.h) spread(layer.kv, each);
    device.queue.submit([encoder.finish()]);
    this.gpu.buffers.destroy(scratch);
  }

  async logits(sequence: number): Promise<Float32Array> {
    const program = await this.program(1);
    program.headOnly(this.ends, sequence * this.endBytes);
    const bytes = this.config.vocabSize * 4;
    const { logits } = program.workspace.activations;
    return new Float32Array(await readBuffer(this.gpu.device, this.gpu.buffers, logits, bytes));
  }

  async *decode(request: DecodeRequest): AsyncGenerator<DecodedToken[]> {
    const columns = request.sequences.length;
    const program = await this.program(columns);
    program.begin(request, this.ends, this.endBytes);
    try {
      yield* program.run(request);
    } finally {
      this.counters = { ...program.counters };
    }
  }

  async choose(request: ChooseRequest): Promise<DecodedToken[]> {
    this.check();
    const { length } = request.rows;
    const columns = columnCounts.find((count) => count >= length);
    assert(length > 0 && columns !== undefined, `${length} rows go through in one pass`);
    let program = this.rowsPrograms.get(columns);
    if (!program) {
      program = this.makeRows(columns);
      this.rowsPrograms.set(columns, program);
    }
    return (await program).run(request);
  }

  private async makeRows(columns: number): Promise<RowsProgram> {
    // A part of its own, with the ways to decode that need it.
    const { RowsProgram } = await import('./batched-step.ts');
    const program = await DecodeProgram.create(this.gpu, this.model, columns, this.options, true);
    return RowsProgram.create(this.gpu, this.model, program, this.options);
  }

  async inspect(
    ids: readonly number[],
    what: { attention: boolean; logitLensTop: number },
  ): Promise<InsideViews> {
    return (await this.inspector()).inspect(ids, what);
  }

  stats(): RuntimeStats {
    const { dispatches, submits, tokens } = this.counters;
    return {
      gpuBytes: this.gpu.buffers.bytes,
      dispatchesPerToken: tokens ? dispatches / tokens : 0,
      submitsPerToken: tokens ? submits / tokens : 0,
    };
  }

  private check(): void {
    if (this.disposed) throw new VitrineError('disposed', 'The model was disposed. Load it again.');
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    destroyModel(this.gpu, this.model);
    this.gpu.destroy();
  }
}
