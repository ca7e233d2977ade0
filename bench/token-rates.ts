import { decodeGreedily, greedyRequest, type Runtime } from '../src/runtime/index.ts';
import { resolveSampling } from '../src/sampling/index.ts';
import { type Spread, spread } from './statistics.ts';

/** Sampled decoding beside greedy, at one context. */
export interface SampledCost {
  context: number;
  /** Time of the same number of tokens, sampled over greedy, by pairs of neighbouring runs. */
  overGreedy: Spread;
  tokensPerSecond: Spread;
}

/** Decoding several sequences side by side. */
export interface BatchRate {
  sequences: number;
  /** Of all sequences together. */
  tokensPerSecond: Spread;
}

interface Rounds {
  ids: readonly number[];
  newTokens: number;
  repeat: number;
}

const sampling = resolveSampling({ temperature: 0.8, topK: 40, topP: 0.95, seed: 1 });

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** Greedy and sampled runs in turns, from the end of the same context. */
export async function measureSampled(
  runtime: Runtime,
  { ids, newTokens, repeat }: Rounds,
): Promise<SampledCost> {
  const run = async (options?: { sampling: typeof sampling }) => {
    await runtime.prefill(0, ids.length - 1, ids.slice(-1));
    return milliseconds(() => decodeGreedily(runtime, ids, newTokens, options));
  };
  await runtime.prefill(0, 0, ids);
  await run({ sampling });
  const ratios: number[] = [];
  const rates: number[] = [];
  for (let round = 0; round < repeat; round++) {
    const greedy = await run();
    const sampled = await run({ sampling });
    ratios.push(sampled / greedy);
    rates.push((newTokens * 1000) / sampled);
  }
  return { context: ids.length, overGreedy: spread(ratios), tokensPerSecond: spread(rates) };
}

/** Greedy decoding of several sequences that begin with the same ids. */
export async function measureBatch(
  runtime: Runtime,
  sequences: number,
  { ids, newTokens, repeat }: Rounds,
): Promise<BatchRate> {
  const numbers = Array.from({ length: sequences }, (_, number) => number);
  await runtime.reserve(numbers.length);
  await runtime.prefill(0, 0, ids);
  const run = async () => {
    await runtime.fork(0, numbers.slice(1), ids.length);
    const request = {
      ...greedyRequest(ids, newTokens),
      sequences: numbers,
      contexts: numbers.map(() => ({ ids, promptLength: ids.length })),
    };
    return milliseconds(async () => {
      for await (const _ of runtime.decode(request));
    });
  };
  await run();
  const rates: number[] = [];
  for (let round = 0; round < repeat; round++)
    rates.push((numbers.length * newTokens * 1000) / (await run()));
  await runtime.reserve(1);
  return { sequences: numbers.length, tokensPerSecond: spread(rates) };
}
