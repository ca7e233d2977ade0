import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Edit, LoadedModel } from '../src/engine/index.ts';
import { openTinyTales } from './support/tiny-tales.ts';

/** The figures of docs/finding.md, computed anew: a head of the bundled model that copies what followed a word before. */
const text = 'She had a blue hat. One day she lost her blue';
const coat = text.replace('hat', 'coat');
const crown = 'The old king had a golden crown. Every day the old king had a golden';

const off = (...heads: number[]): Edit[] =>
  heads.map((head) => ({ site: 'blocks.5.attn.hook_z', op: 'zero', head }));

describe('a head that copies', () => {
  let model: LoadedModel;
  beforeAll(async () => {
    ({ model } = await openTinyTales('cpu'));
  });
  afterAll(() => model.dispose());

  /** Probability of a next token, in percent. */
  async function percent(prompt: string, token: string, edits: Edit[] = []): Promise<number> {
    const { logits } = await model.run(prompt, { edits });
    const most = logits.reduce((a, b) => Math.max(a, b));
    const sum = logits.reduce((all, logit) => all + Math.exp(logit - most), 0);
    return (100 * Math.exp((logits[model.encode(token)[0] as number] as number) - most)) / sum;
  }

  /** The strongest of a grid of heads. */
  function strongest(grid: readonly (readonly number[])[]): { head: string; value: number } {
    const all = grid.flatMap((layer, l) => layer.map((value, h) => ({ head: `${l}.${h}`, value })));
    return all.reduce((best, each) => (each.value > best.value ? each : best));
  }

  it('looks at what followed the same word before, on text and hardly on random tokens', async () => {
    const { induction } = await model.heads(text);
    expect(strongest(induction)).toEqual({ head: '5.1', value: expect.closeTo(0.622, 2) });
    const { induction: random } = await model.heads();
    expect(strongest(random)).toEqual({ head: '5.1', value: expect.closeTo(0.061, 2) });
  });

  it('speaks for the copy more than any other head', async () => {
    const { total, parts } = await model.attribution(text, { target: ' hat', foil: ' eyes' });
    expect(total).toBeCloseTo(-0.437, 2);
    const heads = parts.filter(({ name }) => name.includes('.head.')).sort((a, b) => b.value - a.value);
    expect(heads[0]).toEqual({ name: 'blocks.5.head.1', value: expect.closeTo(1.525, 2) });
    expect(heads[1]).toEqual({ name: 'blocks.3.head.1', value: expect.closeTo(0.464, 2) });
  });

  it('is the head whose absence costs the copy most', async () => {
    const { untouched, heads } = await model.ablate(text, { target: ' hat', foil: ' eyes' });
    const costs = heads.map((layer) => layer.map((value) => untouched - value));
    expect(strongest(costs)).toEqual({ head: '5.1', value: expect.closeTo(1.675, 2) });
  });

  it('copies: without it the odds of the copied word fall to a quarter, those of others do not', async () => {
    expect(await percent(text, ' hat')).toBeCloseTo(11.2, 1);
    expect(await percent(text, ' hat', off(1))).toBeCloseTo(2.7, 1);
    // The same end where the colour was another: there is nothing to copy.
    const other = 'She had a red coat. One day she lost her blue';
    expect(await percent(other, ' hat')).toBeCloseTo(1.9, 1);
    expect(await percent(other, ' hat', off(1))).toBeCloseTo(1.5, 1);
  });

  it('carries more than half of the answer from one text into another', async () => {
    const { values, clean, corrupted } = await model.patch({
      ...{ clean: coat, corrupted: text, sites: 'heads' },
      ...{ target: ' coat', foil: ' hat' },
    });
    const share = values.map((layer) => layer.map((value) => (value - corrupted) / (clean - corrupted)));
    expect(strongest(share)).toEqual({ head: '5.1', value: expect.closeTo(0.555, 2) });
  });

  it('is one of two that copy a longer phrase', async () => {
    expect(await percent(crown, ' crown')).toBeCloseTo(51.2, 1);
    expect(await percent(crown, ' crown', off(1))).toBeCloseTo(37.6, 1);
    expect(await percent(crown, ' crown', off(3))).toBeCloseTo(20.6, 1);
    expect(await percent(crown, ' crown', off(1, 3))).toBeCloseTo(11.9, 1);
  });
});
