import { expect } from 'vitest';
import {
  ablateIds,
  attributeIds,
  patchIds,
  repeatedIds,
  runIds,
  scoreHeads,
} from '../../src/inside/index.ts';
import { type Edit, gpt2, type ReferenceRun, sitesOf, type Watch } from '../../src/model/index.ts';
import { decodeGreedily, type Runtime } from '../../src/runtime/index.ts';
import { largestDifference } from './cpu.ts';

/** A pass in float64 over the same weights. */
export type Reference = (ids: readonly number[], watch?: Watch) => ReferenceRun;

/** A runtime, what it is held to, and how close it must come. */
export interface Subject {
  runtime: Runtime;
  reference: Reference;
  tolerance: number;
}

const vector = (length: number, seed: number) => Array.from({ length }, (_, i) => Math.sin(seed + i));

/** Every site, captured in one run of `ids` with these edits; the logits of all positions. */
export async function checkRun(
  { runtime, reference, tolerance }: Subject,
  ids: number[],
  edits: readonly Edit[] = [],
): Promise<Float32Array> {
  const capture = [...sitesOf(gpt2(runtime.config)).keys()];
  const expected = reference(ids, { capture: new Set(capture), edits });
  const run = await runIds(runtime, ids, { capture, edits, logits: 'all' });
  expect(Object.keys(run.captured).sort()).toEqual([...capture].sort());
  for (const [site, { shape, data }] of expected.captured) {
    expect(run.captured[site]?.shape).toEqual(shape);
    expect(largestDifference(run.captured[site]?.data ?? [], data), site).toBeLessThan(tolerance);
  }
  const V = runtime.config.vocabSize;
  for (const [t] of ids.entries())
    expect(largestDifference(run.logits.subarray(t * V, t * V + V), expected.logits(t))).toBeLessThan(
      tolerance,
    );
  // Where nothing is captured, positions but the last go less far.
  const last = await runIds(runtime, ids, { edits });
  expect(largestDifference(last.logits, expected.logits(ids.length - 1))).toBeLessThan(tolerance);
  return run.logits;
}

/** One edit of each kind: what is changed, of which site. */
export function editsOfEachKind({ nEmbd: C, nHead: NH }: Runtime['config']): Record<string, Edit> {
  const HS = C / NH;
  return {
    'one head of z': { site: 'blocks.1.attn.hook_z', op: 'zero', head: NH - 1 },
    'one head of k, one position': {
      ...{ site: 'blocks.0.attn.hook_k', op: 'add', value: vector(HS, 1), head: 1, positions: [3] },
    },
    'a vector at every position': { site: 'blocks.0.hook_resid_post', op: 'add', value: vector(C, 2) },
    'a vector a position': {
      ...{ site: 'blocks.1.hook_mlp_out', op: 'set', value: [vector(C, 3), vector(C, 4)], positions: [8, 1] },
    },
    'one head of a pattern': {
      ...{ site: 'blocks.1.attn.hook_pattern', op: 'scale', value: 2, head: 0, positions: [6] },
    },
    'a number': { site: 'hook_embed', op: 'set', value: 0.25, positions: [0] },
    'all heads of q': { site: 'blocks.0.attn.hook_q', op: 'set', value: vector(NH * HS, 5) },
    'positions of v': { site: 'blocks.0.attn.hook_v', op: 'scale', value: -1, positions: [2, 4] },
    'the inner layer': { site: 'blocks.1.mlp.hook_pre', op: 'scale', value: 0.5 },
    'the final norm': { site: 'ln_final.hook_normalized', op: 'add', value: vector(C, 6) },
  };
}

const hooks = {
  ...{ resid_pre: 'hook_resid_pre', attn_out: 'hook_attn_out', mlp_out: 'hook_mlp_out' },
  heads: 'attn.hook_z',
};

/** Every cell of grids, by default of all kinds, against a run of its own in float64. */
export async function checkPatches(
  { runtime, reference, tolerance }: Subject,
  clean: number[],
  corrupted: number[],
  kinds = Object.keys(hooks) as (keyof typeof hooks)[],
): Promise<void> {
  const [target, foil] = [3, 5];
  const { nLayer, nHead, nEmbd } = runtime.config;
  const last = corrupted.length - 1;
  const measured = (ids: number[], edits: readonly Edit[] = []) => {
    const logits = reference(ids, { edits }).logits(last);
    return (logits[target] as number) - (logits[foil] as number);
  };
  for (const sites of kinds) {
    const hook = hooks[sites];
    const grid = await patchIds(runtime, { clean, corrupted, sites, target, foil });
    expect(Math.abs(grid.clean - measured(clean))).toBeLessThan(tolerance);
    expect(Math.abs(grid.corrupted - measured(corrupted))).toBeLessThan(tolerance);
    expect(grid.values).toHaveLength(nLayer);
    for (const [layer, row] of grid.values.entries()) {
      const site = `blocks.${layer}.${hook}`;
      const source = reference(clean, { capture: new Set([site]) }).captured.get(site)?.data;
      const of = (t: number) => Array.from(source?.slice(t * nEmbd, (t + 1) * nEmbd) ?? []);
      expect(row).toHaveLength(sites === 'heads' ? nHead : clean.length);
      for (const [index, value] of row.entries()) {
        const size = nEmbd / nHead;
        const edit: Edit =
          sites === 'heads'
            ? {
                ...{ site, op: 'set', head: index, positions: clean.map((_, t) => t) },
                value: clean.map((_, t) => of(t).slice(index * size, (index + 1) * size)),
              }
            : { site, op: 'set', value: of(index), positions: [index] };
        const expected = measured(corrupted, [edit]);
        expect(Math.abs(value - expected), `${sites} ${layer} ${index}`).toBeLessThan(tolerance);
      }
    }
  }
}

/** Every part switched off, against a run of its own in float64. */
export async function checkAblation(
  { runtime, reference, tolerance }: Subject,
  ids: number[],
): Promise<void> {
  const [target, foil] = [3, 5];
  const { untouched, heads, attention, mlp } = await ablateIds(runtime, ids, { target, foil });
  const near = (value: number | undefined, edits: readonly Edit[]) => {
    const logits = reference(ids, { edits }).logits(ids.length - 1);
    const expected = (logits[target] as number) - (logits[foil] as number);
    expect(Math.abs((value as number) - expected), JSON.stringify(edits)).toBeLessThan(tolerance);
  };
  near(untouched, []);
  for (let layer = 0; layer < runtime.config.nLayer; layer++) {
    near(attention[layer], [{ site: `blocks.${layer}.hook_attn_out`, op: 'zero' }]);
    near(mlp[layer], [{ site: `blocks.${layer}.hook_mlp_out`, op: 'zero' }]);
    for (let head = 0; head < runtime.config.nHead; head++)
      near(heads[layer]?.[head], [{ site: `blocks.${layer}.attn.hook_z`, op: 'zero', head }]);
  }
}

/** Parts add up, and those of the reference are the same. */
export async function checkAttribution(subject: Subject, ids: number[]): Promise<void> {
  const { runtime, reference, tolerance } = subject;
  const [target, foil, position] = [4, 9, ids.length - 2];
  const { total, parts } = await attributeIds(runtime, ids, { target, foil, position });
  const logits = reference(ids).logits(position);
  expect(Math.abs(total - ((logits[target] as number) - (logits[foil] as number)))).toBeLessThan(tolerance);
  expect(Math.abs(parts.reduce((sum, { value }) => sum + value, 0) - total)).toBeLessThan(1e-3);
  const { nLayer, nHead } = runtime.config;
  expect(parts).toHaveLength(2 + nLayer * (nHead + 2) + 1);
  // With the scale held, an MLP's part is the change of the stream's logits by it: linear, so any step will do.
  const stream = `blocks.${nLayer - 1}.hook_resid_post`;
  const capture = new Set([stream, 'blocks.0.hook_mlp_out']);
  const { captured, head } = reference(ids, { capture });
  const row = (site: string) => {
    const { shape, data } = captured.get(site) as NonNullable<ReturnType<typeof captured.get>>;
    const width = shape[1] as number;
    return data.slice(position * width, (position + 1) * width);
  };
  const centred = (x: Float64Array) => {
    const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
    return x.map((value) => value - mean);
  };
  const [x, mlp] = [centred(row(stream)), centred(row('blocks.0.hook_mlp_out'))];
  const sd = (of: Float64Array) =>
    Math.sqrt(
      of.reduce((sum, value) => sum + value * value, 0) / of.length + runtime.config.layerNormEpsilon,
    );
  const difference = (of: Float64Array) => (head(of)[target] as number) - (head(of)[foil] as number);
  const share = ((difference(mlp) - difference(mlp.map(() => 0))) * sd(mlp)) / sd(x);
  const found = parts.find(({ name }) => name === 'blocks.0.mlp')?.value as number;
  expect(Math.abs(found - share)).toBeLessThan(tolerance);
}

/** Scores of heads, from the reference's patterns. */
export async function checkHeads({ runtime, reference, tolerance }: Subject): Promise<void> {
  const ids = repeatedIds(runtime.config);
  const scores = await scoreHeads(runtime, ids);
  const T = ids.length;
  const site = 'blocks.1.attn.hook_pattern';
  const pattern = reference(ids, { capture: new Set([site]) }).captured.get(site)?.data as Float64Array;
  for (let head = 0; head < runtime.config.nHead; head++) {
    const at = (t: number, key: number) => pattern[(head * T + t) * T + key] as number;
    let previous = 0;
    for (let t = 1; t < T; t++) previous += at(t, t - 1) / (T - 1);
    expect(Math.abs((scores.previousToken[1]?.[head] as number) - previous)).toBeLessThan(tolerance);
    const sums = [0, 0];
    let queries = 0;
    for (let t = 0; t < T; t++) {
      const keys = [...ids.keys()].filter((key) => key < t && ids[key] === ids[t]);
      if (keys.length > 0) queries++;
      for (const key of keys) {
        sums[0]! += at(t, key);
        sums[1]! += at(t, key + 1);
      }
    }
    const [duplicate, induction] = sums.map((sum) => sum / queries) as [number, number];
    expect(Math.abs((scores.duplicateToken[1]?.[head] as number) - duplicate)).toBeLessThan(tolerance);
    expect(Math.abs((scores.induction[1]?.[head] as number) - induction)).toBeLessThan(tolerance);
  }
}

/** Greedy tokens under edits, against the reference token by token; then without, from the same cache. */
export async function checkGeneration(
  { runtime, reference }: Subject,
  prompt: number[],
  edits: readonly Edit[],
): Promise<void> {
  const expected = (changes: readonly Edit[]) => {
    const ids = [...prompt];
    for (let i = 0; i < 6; i++) {
      const logits = reference(ids, { edits: changes }).logits(ids.length - 1);
      ids.push(logits.indexOf(Math.max(...logits)));
    }
    return ids.slice(prompt.length);
  };
  const written = async (changes: readonly Edit[]) => {
    await runtime.setEdits(changes);
    await runtime.prefill(0, 0, prompt);
    return decodeGreedily(runtime, prompt, 6);
  };
  const plain = await written([]);
  const edited = await written(edits);
  expect(edited).toEqual(expected(edits));
  expect(edited).not.toEqual(plain);
  expect(await written([])).toEqual(plain);
  expect(plain).toEqual(expected([]));
}

/** All of this with few kernels, for one dtype: edits of each kind at once, two grids, parts that add up, and a text. */
export async function checkDtype(subject: Subject, ids: number[]): Promise<void> {
  const edits = Object.values(editsOfEachKind(subject.runtime.config));
  const plain = await checkRun(subject, ids);
  expect(largestDifference(await checkRun(subject, ids, edits), plain)).toBeGreaterThan(1e-2);
  await checkPatches(subject, ids, ids.toSpliced(2, 1, 11), ['resid_pre', 'heads']);
  await checkAttribution(subject, ids);
  const value = vector(subject.runtime.config.nEmbd, 1).map((x) => 2 * x);
  await checkGeneration(subject, ids, [
    { site: 'blocks.0.hook_resid_post', op: 'add', value },
    { site: 'blocks.1.attn.hook_z', op: 'zero', head: 1 },
    { site: 'blocks.1.hook_mlp_out', op: 'scale', value: -2, positions: [9, 10] },
  ]);
}
