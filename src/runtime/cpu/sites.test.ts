import { describe, expect, it } from 'vitest';
import { largestDifference, loadCpuWeights } from '../../../test/support/cpu.ts';
import { randomCheckpoint } from '../../../test/support/random-checkpoint.ts';
import { type Edit, gpt2, parseConfig, referencePass, sitesOf } from '../../model/index.ts';
import { TimeSlicer } from './time-slicer.ts';
import { watchedRuns } from './watched-run.ts';

const [T, C, NH, HS] = [9, 24, 3, 8];
const config = parseConfig({
  ...{ model_type: 'gpt2', n_embd: C, n_head: NH, n_layer: 2, n_positions: 16, vocab_size: 33 },
  activation_function: 'gelu_new',
});
const checkpoint = randomCheckpoint(config);
const weights = loadCpuWeights(checkpoint);
const ids = Array.from({ length: T }, (_, t) => (t * 7 + 3) % 33);
const sites = [...sitesOf(gpt2(config)).keys()];

async function compare(edits: readonly Edit[], capture: readonly string[] = sites): Promise<Float32Array> {
  const reference = referencePass(gpt2(config), checkpoint.weights, ids, {
    capture: new Set(capture),
    edits,
  });
  const request = { runs: [{ ids, edits }], capture, logits: 'all' } as const;
  const [run] = await watchedRuns(config, weights, new TimeSlicer(), request);
  if (!run) throw new Error('no run');
  expect(Object.keys(run.captured)).toEqual([...reference.captured.keys()]);
  for (const [site, { shape, data }] of reference.captured) {
    expect(run.captured[site]?.shape).toEqual(shape);
    expect(largestDifference(run.captured[site]?.data ?? [], data), site).toBeLessThan(1e-4);
  }
  for (const [t] of ids.entries())
    expect(largestDifference(run.logits.subarray(t * 33, t * 33 + 33), reference.logits(t))).toBeLessThan(
      1e-4,
    );
  return run.logits;
}

const vector = (length: number, seed: number) => Array.from({ length }, (_, i) => Math.sin(seed + i));

describe('sites on the CPU, against float64', () => {
  it('captures every site, and changes nothing by it', async () => {
    expect(sites).toHaveLength(3 + 2 * 12);
    const watched = await compare([]);
    expect(await compare([], [])).toEqual(watched);
  });

  it.each(sites)('%s is scaled, and zeroed where it has been written', async (site) => {
    const plain = await compare([], []);
    await compare([{ site, op: 'scale', value: 0.5 }]);
    const zeroed = await compare([{ site, op: 'zero', positions: [2, 5] }]);
    expect(largestDifference(zeroed, plain)).toBeGreaterThan(1e-3);
  });

  it.each<[string, Edit]>([
    ['one head of z', { site: 'blocks.1.attn.hook_z', op: 'zero', head: 2 }],
    [
      'one head of k, one position',
      { site: 'blocks.0.attn.hook_k', op: 'add', value: vector(HS, 1), head: 1, positions: [3] },
    ],
    ['a vector at every position', { site: 'blocks.0.hook_resid_post', op: 'add', value: vector(C, 2) }],
    [
      'a vector a position',
      { site: 'blocks.1.hook_mlp_out', op: 'set', value: [vector(C, 3), vector(C, 4)], positions: [8, 1] },
    ],
    [
      'one head of a pattern',
      { site: 'blocks.1.attn.hook_pattern', op: 'scale', value: 2, head: 0, positions: [6] },
    ],
    ['a number', { site: 'hook_embed', op: 'set', value: 0.25, positions: [0] }],
    ['all heads of q', { site: 'blocks.0.attn.hook_q', op: 'set', value: vector(NH * HS, 5) }],
  ])('edits %s', async (_, edit) => {
    const plain = await compare([], []);
    expect(largestDifference(await compare([edit]), plain)).toBeGreaterThan(1e-3);
  });

  it('applies several edits in order', async () => {
    const site = 'blocks.0.hook_resid_mid';
    await compare([
      { site, op: 'scale', value: 2 },
      { site, op: 'add', value: 1 },
      { site: 'blocks.1.mlp.hook_post', op: 'zero' },
    ]);
  });

  it.each<[string, Edit, RegExp]>([
    [
      'an unknown site',
      { site: 'blocks.2.hook_resid_pre', op: 'zero' },
      /no site 'blocks.2.hook_resid_pre'.*blocks\.\{layer\}/,
    ],
    [
      'a head too many',
      { site: 'blocks.0.attn.hook_z', op: 'zero', head: 3 },
      /head is 3; it must be below 3/,
    ],
    ['a head of a stream', { site: 'hook_embed', op: 'zero', head: 0 }, /has no heads/],
    [
      'a vector too short',
      { site: 'hook_embed', op: 'set', value: [1, 2] },
      /has 2 numbers; the site has 24/,
    ],
    ['no value', { site: 'hook_embed', op: 'add' }, /`value` is missing/],
    [
      'a vector too few',
      { site: 'hook_embed', op: 'set', value: [vector(C, 1)], positions: [1, 2] },
      /one for each/,
    ],
  ])('refuses %s', (_, edit, message) => {
    expect(() => referencePass(gpt2(config), checkpoint.weights, ids, { edits: [edit] })).toThrowError(
      expect.objectContaining({ code: 'invalid-argument', message: expect.stringMatching(message) }),
    );
  });
});
