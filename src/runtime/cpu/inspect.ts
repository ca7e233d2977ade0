import type { GPT2Config } from '../../model/index.ts';
import type { InsideViews } from '../runtime.ts';
import { likeliest } from './cpu-sampling.ts';
import type { CpuForward } from './forward.ts';
import type { Rows } from './packed-matrix.ts';
import type { TimeSlicer } from './time-slicer.ts';

/** A pass over sequence 0 from its beginning that keeps what it sees, and the last row's residual stream, [C]. */
export async function inspectForward(
  config: GPT2Config,
  forward: CpuForward,
  slicer: TimeSlicer,
  ids: readonly number[],
  what: { attention: boolean; logitLensTop: number },
): Promise<{ views: InsideViews; end: Float32Array }> {
  const { nEmbd, nHead, nLayer } = config;
  const T = ids.length;
  const layers = Array.from({ length: nLayer }, (_, layer) => layer);
  const patterns = layers.map((layer) => `blocks.${layer}.attn.hook_pattern`);
  const stages = ['blocks.0.hook_resid_pre', ...layers.map((layer) => `blocks.${layer}.hook_resid_post`)];
  const attention = patterns.map(() => Array.from({ length: nHead }, () => new Float32Array(T * T)));
  // Residuals are kept and go through the head afterwards, so that this work is time-sliced too.
  const residuals: Float32Array[] = [];
  const capture = new Set([...(what.attention ? patterns : []), ...(what.logitLensTop > 0 ? stages : [])]);
  const take = (site: string, rows: Rows, keys: number) => {
    const layer = patterns.indexOf(site);
    if (layer < 0) residuals.push(rows.values.slice(0, T * nEmbd));
    else takePattern(rows, keys, attention[layer] as Float32Array[]);
  };
  const tokens = ids.map((id, position) => ({ sequence: 0, position, id }));
  const x = await slicer.run(forward.run(tokens, forward.program({ capture }), take), 'The inspection');
  const end = x.values.slice((T - 1) * nEmbd, T * nEmbd);
  const views: InsideViews = what.attention ? { attention } : {};
  if (what.logitLensTop > 0)
    views.logitLens = await slicer.run(lens(config, forward, residuals, what.logitLensTop), 'The inspection');
  return { views, end };
}

/** Rows of a pattern into [NH] of [T, T]; zero above the diagonal. */
function takePattern({ values, stride, count }: Rows, keys: number, heads: readonly Float32Array[]): void {
  for (let t = 0; t < count; t++)
    for (const [head, matrix] of heads.entries()) {
      const at = t * stride + head * keys;
      matrix.set(values.subarray(at, at + t + 1), t * count);
    }
}

/** Applies the head to every stage of the residual stream, for each position. */
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
      view.push(likeliest(forward.head(row, []).values.subarray(0, vocabSize), top));
      yield;
    }
    views.push(view);
  }
  return views;
}
