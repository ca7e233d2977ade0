import {
  type GPT2Config,
  type Graph,
  gpt2,
  type RunEdit,
  type SiteShape,
  sitesOf,
  type Value,
  type Watch,
  widthOf,
} from '../../model/index.ts';
import { batchRuns, inputsOf, type Joining, scheduleRuns } from '../run-schedule.ts';
import type { RunRequest, RunResult } from '../runtime.ts';
import { CpuForward } from './forward.ts';
import { CpuCache } from './kv-cache.ts';
import type { Rows } from './packed-matrix.ts';
import { accessOf, headStart, type Token } from './pass.ts';
import type { TimeSlicer } from './time-slicer.ts';
import type { CpuWeights } from './weights.ts';
import { Workspace } from './workspace.ts';

/** Rows that go through at once. */
const batchRows = 512;

/** Passes with captured and edited sites, using a cache of their own: no sequence changes. */
export async function watchedRuns(
  config: GPT2Config,
  weights: CpuWeights,
  slicer: TimeSlicer,
  { runs, ...what }: RunRequest,
  workspace = new Workspace(config.nPositions),
): Promise<RunResult[]> {
  const length = runs[0]?.ids.length ?? 0;
  const size = Math.max(1, Math.floor(batchRows / Math.max(1, length)));
  const cache = new CpuCache(config, length, workspace);
  const forward = new CpuForward(config, weights, cache);
  const results: RunResult[] = [];
  try {
    for (const batch of batchRuns(runs, [...sitesOf(gpt2(config)).keys()], size)) {
      cache.reserve(batch.length);
      const request = { runs: batch.map((index) => runs[index] as (typeof runs)[number]), ...what };
      const found = await runBatch(config, forward, slicer, request);
      for (const [at, index] of batch.entries()) results[index] = found[at] as RunResult;
    }
  } finally {
    cache.clear();
  }
  return results;
}

/** Each run is a sequence of the cache. */
async function runBatch(
  config: GPT2Config,
  forward: CpuForward,
  slicer: TimeSlicer,
  { runs, capture, logits }: RunRequest,
): Promise<RunResult[]> {
  const edits = runs.flatMap((run, index) => run.edits.map((edit): RunEdit => ({ ...edit, run: index })));
  const watch: Watch = { capture: new Set(capture), edits };
  const program = forward.program(watch);
  const sites = sitesOf(gpt2(config));
  const results = runs.map((): RunResult => ({ logits: new Float32Array(), captured: {} }));
  const take = (site: string, rows: Rows, keys: number) => {
    for (const [index, result] of results.entries())
      result.captured[site] = captureOf(sites.get(site) as SiteShape, partOf(rows, index, runs.length), keys);
  };
  const tokens = runs.flatMap(({ ids }, sequence) =>
    ids.map((id, position): Token => ({ sequence, position, id })),
  );
  // What is captured has rows of every run.
  const together = capture.length > 0;
  const lastOnly = !together && logits !== 'all';
  const joining = together ? undefined : joiningOf(program.graph, runs, lastOnly);
  const hidden = await slicer.run(forward.run(tokens, program, take, joining, lastOnly), 'The run');
  // The head may use the same memory.
  const x = { ...hidden, values: hidden.values.slice(0, hidden.count * hidden.stride) };
  // A site of the head is captured at every position, so then every position goes through it.
  const all = logits === 'all' || capture.some((site) => site.startsWith('ln_final.'));
  for (const [index, result] of results.entries()) {
    const own = partOf(x, index, runs.length);
    const from = all ? 0 : own.count - 1;
    const rows = { ...own, values: own.values.subarray(from * own.stride), count: own.count - from };
    const end = (index + 1) * (tokens.length / runs.length);
    const headTokens = tokens.slice(end - rows.count, end);
    const y = forward.head(rows, headTokens, program, (site, values, keys) => {
      result.captured[site] = captureOf(sites.get(site) as SiteShape, values, keys);
    });
    result.logits = logitsOf(y, logits, config.vocabSize);
    await slicer.pause();
  }
  return results;
}

/** Where runs begin: a step is a node, up to where only their last rows go on. */
function joiningOf({ nodes }: Graph, runs: RunRequest['runs'], lastOnly: boolean): Joining<Value>[] {
  const end = lastOnly ? nodes.findLastIndex(({ op }) => op === 'weightedSum') : headStart({ nodes });
  const results = inputsOf(nodes.slice(end).map(accessOf));
  return scheduleRuns(nodes.slice(0, end).map(accessOf), results, runs, () => true);
}

/** One of `parts` equal parts of rows. */
function partOf({ values, stride, count }: Rows, index: number, parts: number): Rows {
  const each = count / parts;
  return { values: values.subarray(index * each * stride), stride, count: each };
}

function logitsOf(rows: Rows, asked: RunRequest['logits'], vocabSize: number): Float32Array {
  if (asked === 'all') return packed(rows, vocabSize);
  const last = { ...rows, values: rows.values.subarray((rows.count - 1) * rows.stride), count: 1 };
  return asked === 'last'
    ? packed(last, vocabSize)
    : Float32Array.from(asked, (id) => last.values[id] as number);
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
