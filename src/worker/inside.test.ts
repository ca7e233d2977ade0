import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect, connected, sources } from '../../test/support/connected.ts';
import {
  type AttributionOptions,
  type Edit,
  type LoadedModel,
  loadHere,
  type Model,
  type PatchOptions,
} from '../engine/index.ts';

let here: LoadedModel;
let ends: ReturnType<typeof connected>;
let there: LoadedModel;

beforeAll(async () => {
  here = (await loadHere(await sources(), { backend: 'cpu', cache: false })).model;
  ends = connected();
  there = await ends.load();
});
afterAll(() => {
  here.dispose();
  there.dispose();
});

const ids = [5, 6, 7, 8];
const edits: Edit[] = [{ site: 'blocks.0.attn.hook_z', op: 'scale', value: -3, head: 0 }];

describe('the inside of a model in a worker', () => {
  it.each<[string, (of: Model) => Promise<object>]>([
    ['run', (of) => of.run(ids, { capture: ['hook_embed', 'blocks.0.attn.hook_pattern'], edits })],
    ['patch', (of) => of.patch({ clean: ids, corrupted: [5, 6, 9, 8], sites: 'heads', target: 3, foil: 4 })],
    ['ablate', (of) => of.ablate(ids, { target: 3, foil: 4 })],
    ['attribution', (of) => of.attribution(ids, { target: 3 })],
    ['heads', (of) => of.heads()],
    ['inspect', (of) => of.inspect(ids, { hiddenStates: true })],
  ])('%s answers as in this thread', async (_, call) => {
    expect(await call(there)).toEqual(await call(here));
  });

  it('sends typed arrays', async () => {
    const { captured, logits } = await there.run(ids, { capture: ['hook_embed'] });
    expect(logits).toBeInstanceOf(Float32Array);
    expect(captured.hook_embed?.data).toBeInstanceOf(Float32Array);
    expect(captured.hook_embed?.shape).toEqual([4, here.config.nEmbd]);
    const { hiddenStates } = await there.inspect(ids, { hiddenStates: true });
    expect(hiddenStates).toHaveLength(here.config.nLayer + 1);
  });

  it('writes under edits, and as before without them', async () => {
    const plain = await collect(there);
    const edited = await collect(there, { edits });
    expect(edited).not.toEqual(plain);
    expect(edited).toEqual(await collect(here, { edits }));
    expect(await collect(there, { edits, n: 2 })).toHaveLength(2 * edited.length);
    expect(await collect(there, { edits, promptLookupNumTokens: 3 })).toEqual(edited);
    const beams = { edits, numBeams: 2, maxNewTokens: 4 };
    expect(await collect(there, beams)).not.toEqual(await collect(there, { ...beams, edits: [] }));
    // Other calls do not see them.
    expect(await there.logits(ids)).toEqual(await here.logits(ids));
    expect(await collect(there)).toEqual(plain);
  });

  it('refuses what does not fit, by code and in the same words', async () => {
    const patch = { clean: ids, corrupted: ids, sites: 'heads', target: 1 } as const;
    for (const call of [
      (of: Model) => of.run(ids, { capture: ['blocks.99.hook_z'] }),
      (of: Model) => of.run([-1], {}),
      (of: Model) => of.attribution(ids, undefined as unknown as AttributionOptions),
      (of: Model) => of.patch({ ...patch, corrupted: [1] }),
      (of: Model) => of.patch({ ...patch, foil: 'no such token at all' }),
      (of: Model) => of.patch({ ...patch, clean: 5 } as unknown as PatchOptions),
      (of: Model) => of.attribution(ids, { target: 1e6 }),
      (of: Model) => collect(of, { edits: [{ site: 'hook_embed', op: 'set', value: [1] }] }),
    ]) {
      const [far, near] = await Promise.all([call(there), call(here)].map((sent) => sent.catch((e) => e)));
      expect(near).toMatchObject({ code: 'invalid-argument' });
      expect(far).toMatchObject({ code: near.code, message: near.message });
    }
  });
});
