import { type GPT2Config, gpt2, type SiteShape, sitesOf, type Watch, widthOf } from '../../model/index.ts';
import type { RunRequest, RunResult } from '../runtime.ts';
import { CpuForward } from './forward.ts';
import { CpuCache } from './kv-cache.ts';
import type { Rows } from './packed-matrix.ts';
import type { TimeSlicer } from './time-slicer.ts';
import type { CpuWeights } from './weights.ts';

/** One pass over ids with captured and edited sites, using a separate cache: no sequence changes. */
export async function watchedRun(
  config: GPT2Config,
  weights: CpuWeights,
  slicer: TimeSlicer,
  ids: readonly number[],
  { capture, edits, logits, signal }: RunRequest,
): Promise<RunResult> {
  const forward = new CpuForward(config, weights, new CpuCache(config, ids.length), ids.length);
  const watch: Watch = { capture: new Set(capture), edits };
  const program = forward.program(watch);
  const sites = sitesOf(gpt2(config));
  const captured: RunResult['captured'] = {};
  const take = (site: string, rows: Rows, keys: number) => {
    captured[site] = captureOf(sites.get(site) as SiteShape, rows, keys);
  };
  const tokens = ids.map((id, position) => ({ sequence: 0, position, id }));
  const x = await slicer.run(forward.run(tokens, program, take), 'The run', signal);
  // A site of the head is captured at every position, so then every position goes through it.
  const all =
    logits === 'all' || capture.some((site) => !site.startsWith('blocks.') && !site.startsWith('hook_'));
  const from = all ? 0 : ids.length - 1;
  const rows = { ...x, values: x.values.subarray(from * x.stride), count: ids.length - from };
  const y = forward.head(rows, program, tokens.slice(from), take);
  const first = logits === 'all' ? 0 : y.count - 1;
  return {
    logits: packed(
      { ...y, values: y.values.subarray(first * y.stride), count: y.count - first },
      config.vocabSize,
    ),
    captured,
  };
}

function captureOf({ shape, pattern }: SiteShape, rows: Rows, keys: number): RunResult['captured'][string] {
  if (!pattern) return { shape: [rows.count, ...shape], data: packed(rows, widthOf(shape)) };
  const T = rows.count;
  const heads = shape[0] as number;
  const data = new Float32Array(heads * T * T);
  for (let head = 0; head < heads; head++)
    for (let t = 0; t < T; t++) {
      const at = t * rows.stride + head * keys;
      data.set(rows.values.subarray(at, at + t + 1), (head * T + t) * T);
    }
  return { shape: [heads, T, T], data };
}

/** Rows one after the other, without what lies between them. */
function packed({ values, stride, count }: Rows, width: number): Float32Array {
  const data = new Float32Array(count * width);
  for (let t = 0; t < count; t++) data.set(values.subarray(t * stride, t * stride + width), t * width);
  return data;
}
