import { assert, throwIfAborted, VitrineError } from '../../lib/index.ts';
import type { Edit, GPT2Config } from '../../model/index.ts';
import { afterToken, type SamplingContext } from '../../sampling/index.ts';
import type {
  DecodedToken,
  DecodeRequest,
  InsideViews,
  RowScores,
  RunRequest,
  RunResult,
  Runtime,
  RuntimeStats,
  SampleRequest,
  ScoreRequest,
} from '../runtime.ts';
import { chooseToken, judgeRow } from './cpu-sampling.ts';
import { CpuForward } from './forward.ts';
import { inspectForward } from './inspect.ts';
import { CpuCache } from './kv-cache.ts';
import type { Rows } from './packed-matrix.ts';
import type { Token } from './pass.ts';
import { blockRows } from './simd.ts';
import { TimeSlicer } from './time-slicer.ts';
import { watchedRuns } from './watched-run.ts';
import { type CpuWeights, swapAdapter } from './weights.ts';
import { Workspace } from './workspace.ts';

export interface CpuRuntimeOptions {
  /** Positions the KV cache holds per sequence, at most the model's own. */
  contextLength: number;
}

/** Rows per prefill chunk: as many as go through a matrix at a time. */
const chunkRows = blockRows;
/** Rows whose logits are there at once. */
const headRows = 32;

/** A model on the CPU, for devices without WebGPU: same results, slower. */
export function createCpuRuntime(
  config: GPT2Config,
  weights: CpuWeights,
  { contextLength }: CpuRuntimeOptions,
): Runtime {
  assert(contextLength >= 1 && contextLength <= config.nPositions, 'the context fits the model');
  return new CpuRuntime(config, weights, contextLength);
}

/** One sequence of a token loop. */
interface Running extends SamplingContext {
  sequence: number;
  ids: number[];
}

class CpuRuntime implements Runtime {
  readonly lost = new Promise<{ reason: string }>(() => {});
  private readonly cache: CpuCache;
  private readonly slicer = new TimeSlicer();
  private forward: CpuForward | undefined;
  /** The last row of each sequence: its token, and its residual stream, [E]. */
  private ends: { token: Token; x: Float32Array }[] = [];

  constructor(
    readonly config: GPT2Config,
    private readonly weights: CpuWeights,
    readonly contextLength: number,
  ) {
    this.cache = new CpuCache(config, contextLength, new Workspace(contextLength));
    this.forward = new CpuForward(config, weights, this.cache);
    weights.math.threads?.start();
  }

  async reserve(sequences: number): Promise<void> {
    this.pass();
    this.cache.reserve(sequences);
    this.ends.length = Math.min(sequences, this.ends.length);
  }

  async prefill(
    sequence: number,
    position: number,
    ids: readonly number[],
    signal?: AbortSignal,
  ): Promise<void> {
    await this.walk(sequence, position, ids, undefined, signal);
  }

  async score({ sequence, position, ids, targets, top }: ScoreRequest): Promise<RowScores> {
    const scores: RowScores = {
      logprobs: new Float32Array(ids.length),
      ranks: new Uint32Array(ids.length),
      entropies: new Float32Array(ids.length),
      likeliest: [],
    };
    await this.walk(sequence, position, ids, (first, x, tokens) => {
      for (let at = 0; at < x.count; at += headRows) {
        const count = Math.min(headRows, x.count - at);
        const part = { ...x, values: x.values.subarray(at * x.stride), count };
        const rows = this.pass().head(part, tokens.slice(at, at + count));
        for (let t = 0; t < count; t++) {
          const row = first + at + t;
          const judged = judgeRow(rowOf(rows, t, this.config.vocabSize), targets[row] ?? -1, top);
          scores.logprobs[row] = judged.logprob;
          scores.ranks[row] = judged.rank;
          scores.entropies[row] = judged.entropy;
          scores.likeliest.push(judged.likeliest);
        }
      }
    });
    return scores;
  }

  /** Computes ids chunk by chunk; `take` sees the last residuals of each, [T, E], of which the last is enough else. */
  private async walk(
    sequence: number,
    position: number,
    ids: readonly number[],
    take: ((first: number, x: Rows, tokens: readonly Token[]) => void) | undefined,
    signal?: AbortSignal,
  ): Promise<void> {
    this.check(position, ids);
    throwIfAborted(signal, 'Reading the prompt');
    for (let first = 0; first < ids.length; first += chunkRows) {
      const chunk = ids.slice(first, first + chunkRows);
      const tokens = chunk.map((id, t) => ({ sequence, position: position + first + t, id }));
      const work = this.pass().run(tokens, undefined, undefined, undefined, !take);
      const x = await this.slicer.run(work, 'Reading the prompt', signal);
      this.keepEnds(take ? tokens : tokens.slice(-1), x);
      take?.(first, x, tokens);
      await this.slicer.pause();
    }
  }

  private keepEnds(tokens: readonly Token[], x: Rows): void {
    for (const [t, token] of tokens.entries())
      this.ends[token.sequence] = { token, x: rowOf(x, t, this.config.nEmbd).slice() };
  }

  private check(position: number, ids: readonly number[]): void {
    this.pass();
    assert(ids.length > 0, 'there is a token to compute');
    if (position + ids.length > this.contextLength)
      throw new VitrineError(
        'context-overflow',
        `${position + ids.length} tokens do not fit a context of ${this.contextLength}. Shorten the text.`,
      );
    const { vocabSize } = this.config;
    const stranger = ids.find((id) => !(Number.isInteger(id) && id >= 0 && id < vocabSize));
    if (stranger !== undefined)
      throw new VitrineError(
        'invalid-argument',
        `${stranger} is not a token of this model; ids are below ${vocabSize}. Encode with the model's tokenizer.`,
      );
  }

  async fork(from: number, to: readonly number[], length: number): Promise<void> {
    this.pass();
    const { token, x } = this.end(from);
    for (const sequence of to) {
      this.cache.copy(from, sequence, length);
      this.ends[sequence] = { token: { ...token, sequence }, x: x.slice() };
    }
  }

  async logits(sequence: number): Promise<Float32Array> {
    const { nEmbd, vocabSize } = this.config;
    const { token, x } = this.end(sequence);
    const rows = this.pass().head({ values: x, stride: nEmbd, count: 1 }, [token]);
    return rowOf(rows, 0, vocabSize).slice();
  }

  private end(sequence: number): { token: Token; x: Float32Array } {
    const end = this.ends[sequence];
    assert(end, `sequence ${sequence} has been prefilled`);
    return end;
  }

  async *decode(request: DecodeRequest): AsyncGenerator<DecodedToken[]> {
    const { contexts, maxSteps, signal } = request;
    let running = request.sequences.map((sequence, index): Running => {
      const context = contexts[index] as SamplingContext;
      return { ...context, sequence, ids: [...context.ids] };
    });
    if (signal?.aborted) return;
    for (let step = 0; step < maxSteps && running.length > 0; step++) {
      if (step > 0) await this.advance(running);
      const draw = request.firstDraw + step;
      const tokens = this.heads(running).map((logits, index): DecodedToken => {
        const context = running[index] as Running;
        const { sequence } = context;
        return {
          sequence,
          ...chooseToken(logits, context, request.sampling, { sequence, draw }, request.alternatives),
        };
      });
      for (const [index, context] of running.entries()) {
        const token = tokens[index] as DecodedToken;
        context.ids.push(token.id);
        running[index] = { ...context, ...afterToken(context, token, request.sampling) };
      }
      running = running.filter(
        ({ ids }) => !request.eosTokenIds.includes(ids.at(-1) as number) && ids.length <= this.contextLength,
      );
      await this.slicer.pause();
      // A step under way when the signal fires is still reported, as on the GPU.
      const last = signal?.aborted;
      yield tokens;
      if (last) return;
    }
  }

  /** Computes the newest token of each sequence. */
  private async advance(running: readonly Running[]): Promise<void> {
    const tokens = running.map(({ sequence, ids }) => ({
      sequence,
      position: ids.length - 1,
      id: ids.at(-1) as number,
    }));
    this.keepEnds(tokens, await this.slicer.run(this.pass().run(tokens), 'The generation'));
  }

  /** Logits at the end of each sequence. */
  private heads(running: readonly Running[]): Float32Array[] {
    const { nEmbd, vocabSize } = this.config;
    const x = new Float32Array(running.length * nEmbd);
    const ends = running.map(({ sequence }) => this.end(sequence));
    for (const [t, end] of ends.entries()) x.set(end.x, t * nEmbd);
    const tokens = ends.map(({ token }) => token);
    const rows = this.pass().head({ values: x, stride: nEmbd, count: running.length }, tokens);
    return running.map((_, t) => rowOf(rows, t, vocabSize));
  }

  async sampleNext({ rows, sampling, alternatives }: SampleRequest): Promise<DecodedToken[]> {
    const tokens = rows.map(({ sequence, ids }) => {
      this.check(0, ids);
      return { sequence, position: ids.length - 1, id: ids.at(-1) as number };
    });
    const x = await this.slicer.run(this.pass().run(tokens), 'The generation');
    this.keepEnds(tokens, x);
    const logits = this.pass().head(x, tokens);
    await this.slicer.pause();
    return rows.map((row, t) => ({
      sequence: row.sequence,
      ...chooseToken(rowOf(logits, t, this.config.vocabSize), row, sampling, row, alternatives),
    }));
  }

  async inspect(
    ids: readonly number[],
    what: { attention: boolean; logitLensTop: number },
  ): Promise<InsideViews> {
    this.check(0, ids);
    const { views, end } = await inspectForward(this.config, this.pass(), this.slicer, ids, what);
    this.ends[0] = {
      token: { sequence: 0, position: ids.length - 1, id: ids.at(-1) as number },
      x: end,
    };
    return views;
  }

  async run(request: RunRequest): Promise<RunResult[]> {
    for (const { ids } of request.runs) this.check(0, ids);
    return watchedRuns(this.config, this.weights, this.slicer, request, this.cache.workspace);
  }

  async setEdits(edits: readonly Edit[]): Promise<void> {
    this.pass().setEdits(edits);
  }

  async swapWeights(): Promise<void> {
    this.pass();
    swapAdapter(this.weights);
  }

  stats(): RuntimeStats {
    return { gpuBytes: 0, dispatchesPerToken: 0, submitsPerToken: 0 };
  }

  private pass(): CpuForward {
    if (this.forward) return this.forward;
    throw new VitrineError('disposed', 'The model was disposed. Load it again.');
  }

  dispose(): void {
    this.weights.math.threads?.stop();
    this.forward = undefined;
    this.ends = [];
    this.cache.clear();
  }
}

function rowOf({ values, stride }: Rows, t: number, length: number): Float32Array {
  return values.subarray(t * stride, t * stride + length);
}
