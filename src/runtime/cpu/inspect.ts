import type { GPT2Config } from '../../model/index.ts';
import type { InsideViews } from '../runtime.ts';
import { likeliest } from './cpu-sampling.ts';
import type { CpuForward, Observer } from './forward.ts';
import type { Pacer } from './time-slicer.ts';

/** A pass over sequence 0 from its beginning that keeps what it sees, and the last row's residual stream, [E]. */
export async function inspectForward(
  config: GPT2Config,
  forward: CpuForward,
  pacer: Pacer,
  ids: readonly number[],
  what: { attention: boolean; logitLensTop: number },
): Promise<{ views: InsideViews; end: Float32Array }> {
  const views: InsideViews = {};
  const observer: Observer = {};
  if (what.attention) {
    const T = ids.length;
    const attention = Array.from({ length: config.nLayer }, () =>
      Array.from({ length: config.nHead }, () => new Float32Array(T * T)),
    );
    views.attention = attention;
    observer.attention = (layer, head, t, weights) => attention[layer]?.[head]?.set(weights, t * T);
  }
  // Residuals are kept and read through the head afterwards: that work shall be in slices too.
  const stages: Float32Array[] = [];
  if (what.logitLensTop > 0)
    observer.stage = (_, { values, stride, count }) => {
      stages.push(values.slice(0, stride * count));
    };
  const tokens = ids.map((id, position) => ({ sequence: 0, position, id }));
  const x = await pacer.run(forward.run(tokens, observer), 'The inspection');
  const end = x.values.slice((ids.length - 1) * config.nEmbd, ids.length * config.nEmbd);
  if (what.logitLensTop > 0)
    views.logitLens = await pacer.run(lens(config, forward, stages, what.logitLensTop), 'The inspection');
  return { views, end };
}

/** What the head makes of every stage of the residual stream, position by position. */
function* lens(
  { nEmbd, vocabSize }: GPT2Config,
  forward: CpuForward,
  stages: readonly Float32Array[],
  top: number,
): Generator<void, InsideViews['logitLens']> {
  const views: InsideViews['logitLens'] = [];
  for (const x of stages) {
    const view = [];
    for (let at = 0; at < x.length; at += nEmbd) {
      const row = { values: x.subarray(at, at + nEmbd), stride: nEmbd, count: 1 };
      view.push(likeliest(forward.head(row).values.subarray(0, vocabSize), top));
      yield;
    }
    views.push(view);
  }
  return views;
}
