import { describe, expect, it } from 'vitest';
import { cpuRuntime, largestDifference } from '../../test/support/cpu.ts';
import {
  checkAblation,
  checkAttribution,
  checkDtype,
  checkGeneration,
  checkHeads,
  checkPatches,
  checkRun,
  editsOfEachKind,
  type Subject,
} from '../../test/support/inside-checks.ts';
import { quantisedCheckpoint } from '../../test/support/quantised-checkpoint.ts';
import { randomCheckpoint } from '../../test/support/random-checkpoint.ts';
import { type Edit, gpt2, parseConfig, referencePass } from '../model/index.ts';
import { attributeIds, patchIds, runIds } from './index.ts';
import type { IdPatchOptions, RunOptions } from './types.ts';

const config = parseConfig({
  ...{ model_type: 'gpt2', n_embd: 24, n_head: 3, n_layer: 2, n_positions: 64, vocab_size: 33 },
  activation_function: 'gelu_new',
});
const checkpoint = randomCheckpoint(config);
const runtime = cpuRuntime(checkpoint);
const subject: Subject = {
  runtime,
  reference: (ids, watch) => referencePass(gpt2(config), checkpoint.weights, ids, watch),
  tolerance: 1e-4,
};
const ids = Array.from({ length: 9 }, (_, t) => (t * 7 + 3) % 33);
const direction = Array.from({ length: 24 }, (_, i) => 2 * Math.sin(i));
const corrupted = ids.map((id, t) => (t === 2 ? 11 : id));

describe('the inside on the CPU, against float64', () => {
  it('captures every site and changes nothing by it', async () => {
    const watched = await checkRun(subject, ids);
    expect((await runIds(runtime, ids, { logits: 'all' })).logits).toEqual(watched);
    expect((await runIds(runtime, ids, {})).logits).toEqual(watched.slice(-33));
  });

  it.each(Object.entries(editsOfEachKind(config)))('edits %s', async (_, edit) => {
    const { logits } = await runIds(runtime, ids, { logits: 'all' });
    expect(largestDifference(await checkRun(subject, ids, [edit]), logits)).toBeGreaterThan(1e-3);
  });

  it('patches every position and head', () => checkPatches(subject, ids, corrupted));
  it('switches every part off', () => checkAblation(subject, ids));
  it('attributes a logit to parts that add up', () => checkAttribution(subject, ids));
  it('scores heads', () => checkHeads(subject));

  it.each<[string, Edit]>([
    ['a steered stream', { site: 'blocks.0.hook_resid_post', op: 'add', value: direction }],
    ['the final norm', { site: 'ln_final.hook_normalized', op: 'scale', value: -1 }],
    ['a pattern', { site: 'blocks.0.attn.hook_pattern', op: 'zero' }],
    [
      'positions written later',
      { site: 'blocks.1.hook_mlp_out', op: 'scale', value: -4, positions: [9, 10, 11] },
    ],
  ])('generates with %s', (_, edit) => checkGeneration(subject, ids, [edit]));
});

it.each(['int8', 'int4'] as const)(
  'the inside on the CPU in %s, against float64 over its own weights',
  async (form) => {
    const own = quantisedCheckpoint(checkpoint, form);
    const reference: Subject['reference'] = (text, watch) =>
      referencePass(gpt2(config), own.weights, text, watch);
    // Inputs of quantised products are rounded there as well.
    await checkDtype({ runtime: cpuRuntime(own, undefined, form), reference, tolerance: 5e-3 }, ids);
  },
);

describe('what is refused', () => {
  const invalid = (message: RegExp) =>
    expect.objectContaining({ code: 'invalid-argument', message: expect.stringMatching(message) });

  it.each<[object, RegExp]>([
    [{ captures: [] }, /run has no option captures. Options are capture, edits, logits/],
    [{ capture: 'hook_embed' }, /list of site names/],
    [{ capture: ['hook_nothing'] }, /no site 'hook_nothing'/],
    [{ logits: 'first' }, /logits is 'first'/],
    [{ edits: {} }, /must be a list/],
    [{ edits: [{ op: 'zero' }] }, /has no `site`/],
    [{ edits: [{ site: 'hook_embed', op: 'zero', layer: 1 }] }, /no field layer/],
    [{ edits: [{ site: 'hook_embed', op: 'double' }] }, /op is 'double'/],
  ])('run: %o', async (options, message) => {
    await expect(runIds(runtime, ids, options as RunOptions)).rejects.toEqual(invalid(message));
  });

  it.each<[Partial<IdPatchOptions>, RegExp]>([
    [{ clean: ids.slice(1) }, /clean has 8 tokens and corrupted 9/],
    [{ sites: 'resid' as 'heads' }, /sites is 'resid'; use resid_pre/],
    [{ foil: 33 }, /foil is 33; use a token id from 0 to 32/],
    [{ from: 1 } as object, /patch has no option from/],
  ])('patch: %o', async (changes, message) => {
    const options: IdPatchOptions = { clean: ids, corrupted, sites: 'heads', target: 1, ...changes };
    await expect(patchIds(runtime, options)).rejects.toEqual(invalid(message));
  });

  it('attribution at a position the text does not have', async () => {
    const asked = attributeIds(runtime, ids, { target: 1, position: 9 });
    await expect(asked).rejects.toEqual(invalid(/position is 9; use 0 to 8/));
  });

  it('a capture of more bytes than a run returns, with both numbers', async () => {
    const wide = { ...runtime, config: { ...config, nHead: 4000, nEmbd: 24000 } };
    const capture = ['blocks.0.attn.hook_pattern', 'blocks.1.attn.hook_pattern'];
    const long = Array.from({ length: 300 }, () => 1);
    await expect(runIds(wide, long, { capture })).rejects.toMatchObject({
      code: 'out-of-memory',
      message: expect.stringMatching(/2 sites of 300 tokens takes 2.88 GB; one run returns up to 1.07 GB/),
    });
  });
});
