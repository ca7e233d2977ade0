import type { Runtime } from '../src/runtime/index.ts';
import type { ModelSource } from '../src/weights/index.ts';
import { type BenchDtype, createBenchRuntime, resolveSource } from './load-model.ts';

/** How far a dtype is from f32 on a text. */
export interface Quality {
  dtype: BenchDtype;
  /** Kullback-Leibler divergence from f32 of the next-token distribution, in nats. */
  meanKl: number;
  maxKl: number;
  /** Share of positions whose likeliest token is f32's. */
  top1: number;
  perplexity: number;
}

export interface QualityOptions {
  source: ModelSource;
  dtypes: readonly BenchDtype[];
  ids: readonly number[];
  /** Positions at which whole distributions are compared. */
  positions: number;
  bundledBase?: string;
  onStage?(stage: string): void;
}

interface View {
  logprobs: Float32Array[];
  perplexity: number;
}

/** Compares every dtype with f32: perplexity over all ids, distributions at evenly spread positions. */
export async function measureQuality(options: QualityOptions): Promise<Quality[]> {
  const exact = await view(options, 'f32');
  const results: Quality[] = [];
  for (const dtype of options.dtypes) {
    const found = dtype === 'f32' ? exact : await view(options, dtype);
    const divergences = found.logprobs.map((row, index) =>
      divergence(exact.logprobs[index] as Float32Array, row),
    );
    const same = found.logprobs.filter(
      (row, index) => argmax(row) === argmax(exact.logprobs[index] as Float32Array),
    );
    results.push({
      dtype,
      meanKl: divergences.reduce((sum, each) => sum + each, 0) / divergences.length,
      maxKl: Math.max(...divergences),
      top1: same.length / found.logprobs.length,
      perplexity: found.perplexity,
    });
  }
  return results;
}

async function view(options: QualityOptions, dtype: BenchDtype): Promise<View> {
  options.onStage?.(`${dtype}: quality`);
  const what = await resolveSource(options.source, options.bundledBase);
  const { runtime } = await createBenchRuntime(what, dtype, false);
  what.checkpoint.close();
  try {
    return {
      perplexity: await perplexity(runtime, options.ids),
      logprobs: await distributions(runtime, options.ids, options.positions),
    };
  } finally {
    runtime.dispose();
  }
}

/** Non-overlapping windows of a whole context, the same for every dtype. */
async function perplexity(runtime: Runtime, ids: readonly number[]): Promise<number> {
  let sum = 0;
  let count = 0;
  for (let start = 0; start + 1 < ids.length; start += runtime.contextLength) {
    const window = ids.slice(start, start + runtime.contextLength);
    const targets = [...window.slice(1), -1];
    const { logprobs } = await runtime.score({ sequence: 0, position: 0, ids: window, targets, top: 0 });
    for (const logprob of logprobs.subarray(0, window.length - 1)) {
      sum += logprob;
      count++;
    }
  }
  return Math.exp(-sum / count);
}

async function distributions(
  runtime: Runtime,
  ids: readonly number[],
  positions: number,
): Promise<Float32Array[]> {
  const rows: Float32Array[] = [];
  const window = Math.min(64, runtime.contextLength);
  const step = Math.max(1, Math.floor((ids.length - window) / positions));
  for (let row = 0; row < positions && row * step + window <= ids.length; row++) {
    await runtime.prefill(0, 0, ids.slice(row * step, row * step + window));
    rows.push(logSoftmax(await runtime.logits(0)));
  }
  return rows;
}

function logSoftmax(logits: Float32Array): Float32Array {
  const top = logits.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const sum = logits.reduce((all, value) => all + Math.exp(value - top), 0);
  return logits.map((value) => value - top - Math.log(sum));
}

function divergence(exact: Float32Array, other: Float32Array): number {
  return exact.reduce((sum, value, id) => sum + Math.exp(value) * (value - (other[id] as number)), 0);
}

function argmax(row: Float32Array): number {
  return row.reduce((best, value, id) => (value > (row[best] as number) ? id : best), 0);
}
