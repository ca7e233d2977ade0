import { describe, expect, it } from 'vitest';
import { readCheckpoint, readJson } from '../../test/support/checkpoint.ts';
import { erf } from './activation.ts';
import { referenceForward } from './reference.ts';

describe('referenceForward', () => {
  it.each(['f32-prefixed', 'f16-sharded', 'bf16'])('gives the logits of the fixture %s', (name) => {
    const { config, weights } = readCheckpoint(`test/golden/${name}`);
    const golden = readJson<{ ids: number[]; logits: number[][] }>(`test/golden/${name}/reference.json`);
    const pass = referenceForward(config, weights, golden.ids);
    for (const [t, expected] of golden.logits.entries()) {
      const logits = pass.logits(t);
      const worst = Math.max(...expected.map((value, id) => Math.abs(value - (logits[id] as number))));
      expect(worst).toBeLessThan(2e-5);
    }
  });

  it('gives the attention of the bundled model, and rows that sum to 1', () => {
    const { config, weights } = readCheckpoint('public/models/tiny-tales');
    const { inside } = readJson<{
      inside: { ids: number[]; attention_layer0_head0: number[][] };
    }>('test/golden/tiny-tales/reference.json');
    const sites = ['blocks.0.attn.hook_pattern', 'blocks.5.attn.hook_pattern'];
    const { captured } = referenceForward(config, weights, inside.ids, sites);
    const [first, last] = sites.map((site) => captured.get(site)?.data ?? new Float64Array());
    const T = inside.ids.length;
    for (const [i, row] of inside.attention_layer0_head0.entries()) {
      for (const [j, weight] of row.entries()) expect(first?.[i * T + j]).toBeCloseTo(weight, 4);
      const head3 = last?.subarray((3 * T + i) * T, (3 * T + i + 1) * T);
      expect(head3?.reduce((left, right) => left + right)).toBeCloseTo(1, 12);
    }
  });
});

describe('erf', () => {
  // Values from tables, 15 digits.
  it.each([
    [0, 0],
    [0.1, 0.112462916018285],
    [0.5, 0.520499877813047],
    [1, 0.842700792949715],
    [2, 0.995322265018953],
    [3, 0.999977909503001],
    [-1, -0.842700792949715],
    [7, 1],
    [-1e9, -1],
  ])('erf(%d) = %d', (x, y) => {
    expect(erf(x)).toBeCloseTo(y, 14);
  });
});
