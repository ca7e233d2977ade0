import type { AdapterSummary } from '../src/engine/index.ts';
import type { GPT2Config } from '../src/model/index.ts';
import { decodeGreedily, type Runtime } from '../src/runtime/index.ts';
import type { ModelSource } from '../src/weights/index.ts';
import { type InsideCosts, measureInside } from './inside.ts';
import { bytesPerWeight, type KernelCost, KernelTimer } from './kernels.ts';
import { type LoadCosts, LoadWatch } from './load-costs.ts';
import { type BenchDtype, createBenchRuntime, resolveSource } from './load-model.ts';
import type { Ceilings } from './probes.ts';
import { type Spread, spread } from './statistics.ts';
import { type BatchRate, measureBatch, measureSampled, type SampledCost } from './token-rates.ts';

export interface MeasureOptions {
  source: ModelSource;
  dtype: BenchDtype;
  /** Prompt lengths for prefill; those above the context are left out. */
  prompts: readonly number[];
  /** Contexts at which decoding is timed; those that leave no room are left out. By default 64 and late. */
  contexts?: readonly number[];
  /** Tokens of the longer decode; the shorter is a fifth of it, and speed is the slope between the two. */
  newTokens: number;
  repeat: number;
  autotune: boolean;
  /** Numbers of sequences that are decoded side by side. */
  batches: readonly number[];
  /** Time each kernel by itself, against these ceilings. */
  kernels?: Ceilings;
  /** Time runs with edits. */
  inside?: boolean;
  bundledBase?: string;
  onStage?(stage: string): void;
}

export interface Measured {
  model: string;
  dtype: BenchDtype;
  adapter: AdapterSummary;
  config: GPT2Config;
  loadSeconds: number;
  loadCosts: LoadCosts;
  gpuBytes: number;
  /** Bytes of weights a decoded token must read. */
  bytesPerToken: number;
  timeToFirstTokenMs: Spread;
  decode: { context: number; tokensPerSecond: Spread }[];
  sampled: SampledCost;
  batches: BatchRate[];
  prefill: { tokens: number; tokensPerSecond: Spread }[];
  dispatchesPerToken: number;
  submitsPerToken: number;
  /** Cost of each kernel per token and per prompt; empty unless requested. */
  kernels: { token: KernelCost[]; prompt: KernelCost[] };
  inside?: InsideCosts;
}

/** Loads a model in one dtype and measures it; every round uses a different prompt. */
export async function measureModel(options: MeasureOptions): Promise<Measured> {
  const { source, dtype, autotune, onStage } = options;
  const timer = options.kernels && new KernelTimer();
  const watch = new LoadWatch();
  onStage?.(`${dtype}: loading`);
  const what = await resolveSource(source, options.bundledBase);
  const started = performance.now();
  const loaded = await createBenchRuntime(what, dtype, autotune).catch((error: unknown) => {
    watch.stop();
    throw error;
  });
  const loadSeconds = (performance.now() - started) / 1000;
  what.checkpoint.close();
  const { runtime } = loaded;
  try {
    const prompt = promptMaker(what.config.vocabSize);
    onStage?.(`${dtype}: compiling`);
    await runtime.prefill(0, 0, prompt(20));
    await decodeGreedily(runtime, prompt(20), 4);
    const loadCosts = watch.stop();
    const firsts: number[] = [];
    for (let round = 0; round < options.repeat; round++) firsts.push(await firstToken(runtime, prompt(16)));
    const decode = await measureDecode(runtime, options, prompt);
    const { dispatchesPerToken, submitsPerToken } = runtime.stats();
    const { sampled, batches } = await measureOtherDecoding(runtime, options, prompt);
    const prefill = await measurePrefill(runtime, options, prompt);
    if (options.inside) onStage?.(`${dtype}: runs with edits`);
    const inside = options.inside && (await measureInside(runtime, another(options), options.repeat, prompt));
    return {
      model: what.checkpoint.id,
      dtype,
      adapter: loaded.adapter,
      config: what.config,
      loadSeconds,
      loadCosts,
      gpuBytes: runtime.stats().gpuBytes,
      bytesPerToken: weightBytes(what.config, dtype),
      timeToFirstTokenMs: spread(firsts),
      decode,
      sampled,
      batches,
      prefill,
      dispatchesPerToken,
      submitsPerToken,
      kernels: { token: [], prompt: [] },
      ...(inside && { inside }),
      ...(timer && { kernels: await measureKernels(timer, runtime, options, prompt) }),
    };
  } finally {
    timer?.restore();
    runtime.dispose();
  }
}

/** Makes further runtimes of the model that is measured. */
function another({ source, bundledBase, dtype, autotune }: MeasureOptions) {
  return async (backend: 'gpu' | 'cpu'): Promise<Runtime> => {
    const resolved = await resolveSource(source, bundledBase);
    const { runtime } = await createBenchRuntime(resolved, dtype, autotune, backend);
    resolved.checkpoint.close();
    return runtime;
  };
}

async function measureKernels(
  timer: KernelTimer,
  runtime: Runtime,
  { kernels: ceilings, prompts, contexts, dtype, onStage }: MeasureOptions,
  prompt: (length: number) => number[],
): Promise<Measured['kernels']> {
  onStage?.(`${dtype}: kernels`);
  if (!ceilings) return { token: [], prompt: [] };
  const { config } = runtime;
  const rows = Math.min(prompts[0] ?? 128, runtime.contextLength);
  const context = Math.min(contexts?.[0] ?? 64, runtime.contextLength - 8);
  const ids = prompt(context);
  await runtime.prefill(0, 0, ids);
  const steps = 4;
  const token = { rows: steps, context, passes: steps };
  return {
    token: await timer.costs(() => decodeGreedily(runtime, ids, steps + 1), token, config, ceilings),
    prompt: await timer.costs(
      () => runtime.prefill(0, 0, prompt(rows)),
      { rows, context, passes: 1 },
      config,
      ceilings,
    ),
  };
}

/** Prompts that never repeat, so that nothing is reused. */
function promptMaker(vocabSize: number): (length: number) => number[] {
  let state = 12345;
  return (length) =>
    Array.from({ length }, () => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return (state >>> 8) % vocabSize;
    });
}

async function firstToken(runtime: Runtime, prompt: readonly number[]): Promise<number> {
  const started = performance.now();
  await runtime.prefill(0, 0, prompt);
  await decodeGreedily(runtime, prompt, 1);
  return performance.now() - started;
}

async function measureDecode(
  runtime: Runtime,
  { newTokens, repeat, onStage, dtype, contexts: wanted }: MeasureOptions,
  prompt: (length: number) => number[],
): Promise<Measured['decode']> {
  const short = Math.max(1, Math.floor(newTokens / 5));
  const late = Math.floor(runtime.contextLength * 0.9) - newTokens;
  const contexts = (wanted ?? [64, ...(late > 64 ? [late] : [])]).filter(
    (each) => each + newTokens <= runtime.contextLength,
  );
  const results: Measured['decode'] = [];
  for (const context of contexts) {
    onStage?.(`${dtype}: decode at ${context}`);
    const rates: number[] = [];
    const ids = prompt(context);
    await runtime.prefill(0, 0, ids);
    for (let round = 0; round < repeat; round++) {
      const times: number[] = [];
      for (const count of [short, newTokens]) {
        // Rewinds to the prompt's end; only its last token is computed again.
        await runtime.prefill(0, context - 1, ids.slice(-1));
        const started = performance.now();
        await decodeGreedily(runtime, ids, count);
        times.push(performance.now() - started);
      }
      const [less = 0, more = 0] = times;
      rates.push(((newTokens - short) * 1000) / (more - less));
    }
    results.push({ context, tokensPerSecond: spread(rates) });
  }
  return results;
}

/** Sampled tokens, and several sequences, at the first of the contexts. */
async function measureOtherDecoding(
  runtime: Runtime,
  { newTokens, repeat, contexts, batches: wanted, onStage, dtype }: MeasureOptions,
  prompt: (length: number) => number[],
): Promise<Pick<Measured, 'sampled' | 'batches'>> {
  const context = Math.min(contexts?.[0] ?? 64, runtime.contextLength - newTokens);
  const rounds = { ids: prompt(context), newTokens, repeat };
  onStage?.(`${dtype}: sampled decode at ${context}`);
  const sampled = await measureSampled(runtime, rounds);
  const batches: BatchRate[] = [];
  for (const sequences of wanted) {
    onStage?.(`${dtype}: ${sequences} sequences`);
    batches.push(await measureBatch(runtime, sequences, rounds));
  }
  return { sampled, batches };
}

async function measurePrefill(
  runtime: Runtime,
  { prompts, repeat, onStage, dtype }: MeasureOptions,
  prompt: (length: number) => number[],
): Promise<Measured['prefill']> {
  const results: Measured['prefill'] = [];
  for (const tokens of prompts.filter((each) => each <= runtime.contextLength)) {
    onStage?.(`${dtype}: prefill of ${tokens}`);
    await runtime.prefill(0, 0, prompt(tokens));
    const rates: number[] = [];
    for (let round = 0; round < repeat; round++) {
      const ids = prompt(tokens);
      const started = performance.now();
      await runtime.prefill(0, 0, ids);
      rates.push((tokens * 1000) / (performance.now() - started));
    }
    results.push({ tokens, tokensPerSecond: spread(rates) });
  }
  return results;
}

/** Bytes of weights read per token: all layers and the head; int4 keeps an int8 head. */
function weightBytes(
  { nEmbd: E, nInner: I, nLayer: L, vocabSize: V }: GPT2Config,
  dtype: BenchDtype,
): number {
  const layers = L * E * (4 * E + 2 * I) * bytesPerWeight[dtype];
  return layers + V * E * bytesPerWeight[dtype === 'int4' ? 'int8' : dtype];
}
