import type { InsideCosts } from './inside.ts';
import type { KernelCost } from './kernels.ts';
import type { LoadCosts } from './load-costs.ts';
import type { Measured } from './measure.ts';
import type { Ceilings } from './probes.ts';
import type { Quality } from './quality.ts';

export interface Report {
  date: string;
  ceilings: Ceilings;
  models: Measured[];
  quality: Quality[];
}

const number = (value: number, digits = 1) => (Number.isFinite(value) ? value.toFixed(digits) : '–');

/** The report as lines of text. */
export function reportText({ ceilings, models, quality }: Report): string {
  const [first] = models;
  const adapter = first?.adapter;
  const lines = [
    adapter
      ? `${adapter.vendor} ${adapter.architecture} ${adapter.description}${adapter.software ? ' (software)' : ''}`
      : '',
    `ceilings: stream ${number(ceilings.streamGBps)} GB/s, in cache ${number(ceilings.cacheGBps)} GB/s, ` +
      `multiply-add ${number(ceilings.fmaGFlops)} GFLOP/s, dependent dispatch ${number(ceilings.dispatchMicroseconds)} µs, ` +
      `submit and readback ${number(ceilings.roundTripMilliseconds, 2)} ms`,
  ];
  for (const model of models) lines.push('', ...modelLines(model, ceilings));
  if (quality.length > 0) {
    lines.push('', 'quality          KL mean     KL max   top-1  perplexity');
    for (const each of quality)
      lines.push(
        `${each.dtype.padEnd(12)} ${each.meanKl.toExponential(2).padStart(11)} ${each.maxKl.toExponential(2).padStart(10)} ` +
          `${number(each.top1 * 100, 2).padStart(7)} ${number(each.perplexity, 4).padStart(11)}`,
      );
  }
  return lines.join('\n');
}

function modelLines(model: Measured, { streamGBps, fmaGFlops }: Ceilings): string[] {
  const { decode, sampled, batches, prefill, bytesPerToken, config } = model;
  const perToken = 2 * config.nLayer * config.nEmbd * (4 * config.nEmbd + 2 * config.nInner);
  return [
    `${model.model} ${model.dtype}: loaded in ${number(model.loadSeconds)} s, ${number(model.gpuBytes / 1e6, 0)} MB on the GPU, ` +
      `first token ${number(model.timeToFirstTokenMs.median)} ms, ` +
      `${number(model.dispatchesPerToken)} dispatches and ${number(model.submitsPerToken, 2)} submits a token`,
    loadLine(model.loadCosts),
    ...decode.map(({ context, tokensPerSecond: rate }) => {
      const gbps = (rate.median * bytesPerToken) / 1e9;
      return (
        `  decode at ${String(context).padStart(4)}   ${number(rate.median, 2).padStart(9)} tokens/s ` +
        `(${number(rate.least, 2)} to ${number(rate.most, 2)}), ${number(gbps, 2)} GB/s, ${number((100 * gbps) / streamGBps, 0)} % of stream`
      );
    }),
    `  sampled at ${String(sampled.context).padStart(3)}  ${number(sampled.tokensPerSecond.median, 2).padStart(9)} tokens/s, ` +
      `${number(sampled.overGreedy.median, 3)} of the time of greedy (${number(sampled.overGreedy.least, 3)} to ${number(sampled.overGreedy.most, 3)})`,
    ...batches.map(
      ({ sequences, tokensPerSecond: rate }) =>
        `  ${sequences} sequences    ${number(rate.median, 2).padStart(9)} tokens/s together ` +
        `(${number(rate.least, 2)} to ${number(rate.most, 2)})`,
    ),
    ...prefill.map(({ tokens, tokensPerSecond: rate }) => {
      const gflops = (rate.median * perToken) / 1e9;
      return (
        `  prefill of ${String(tokens).padStart(4)}  ${number(rate.median, 1).padStart(9)} tokens/s ` +
        `(${number(rate.least)} to ${number(rate.most)}), ${number(gflops)} GFLOP/s, ${number((100 * gflops) / fmaGFlops, 0)} % of multiply-add`
      );
    }),
    ...insideLines(model.inside),
    ...kernelLines('a token', model.kernels.token),
    ...kernelLines('a prompt', model.kernels.prompt),
  ];
}

function loadLine({ pipelines, compilingMs, longestCompileMs, peakHeapBytes }: LoadCosts): string {
  const heap =
    peakHeapBytes === undefined
      ? ''
      : `, heap at most ${number(peakHeapBytes / 2 ** 20)} MiB above the start`;
  return `  ${pipelines} pipelines compiled in ${number(compilingMs / 1000)} s, the longest in ${number(longestCompileMs / 1000, 2)} s${heap}`;
}

function insideLines(costs: InsideCosts | undefined): string[] {
  if (!costs) return [];
  const { tokens, ablation, addedRunMs, addedPrefillMs, used } = costs;
  const { runs, firstMs, ms } = ablation;
  return [
    `  ${runs} parts switched off in turn over ${tokens} tokens: ${number(ms.median)} ms (${number(ms.least)} to ${number(ms.most)}), ` +
      `the first time ${number(firstMs)} ms`,
    `  one more changed run of ${tokens} tokens beside others: ${number(addedRunMs, 2)} ms; ` +
      `${tokens} more tokens of a prompt: ${number(addedPrefillMs, 2)} ms`,
    ...Object.entries(used).map(
      ([backend, { tokens: block, ratio, dispatches }]) =>
        `  ${backend}: ${block} tokens after all of this take ${number(ratio.median, 3)} of the time of a fresh model ` +
        `(${ratio.count} pairs, 95 % interval of the median ${number(ratio.low, 3)} to ${number(ratio.high, 3)}), ` +
        `dispatches a token ${dispatches.map((each) => number(each)).join(' and ')}`,
    ),
  ];
}

function kernelLines(what: string, costs: readonly KernelCost[]): string[] {
  if (costs.length === 0) return [];
  const all = costs.reduce((sum, { microseconds }) => sum + microseconds, 0);
  return [
    `  kernels of ${what}: ${number(all / 1000, 2)} ms`,
    ...costs.map(
      ({ name, dispatches, microseconds, share, boundBy }) =>
        `    ${number(microseconds, 0).padStart(8)} µs ${number((100 * microseconds) / all, 0).padStart(3)} %, ` +
        `${number(dispatches, 0).padStart(3)} dispatches, ${number(100 * share, 0).padStart(3)} % of ${boundBy}  ${name}`,
    ),
  ];
}
