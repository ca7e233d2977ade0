import { describe, expect, it, vi } from 'vitest';
import { fakeBackend } from './fake-engine.ts';
import { fakeEnvironment, memoryTable } from './fake-environment.ts';
import { directionOf, editsOf } from './inside-changes.ts';
import { fittingInside, type LinkedInside, readInside, writeInside } from './inside-link.ts';
import { bundledModel, requestFor } from './load-request.ts';
import type { Changes } from './model-changes.ts';
import { oddsRows } from './odds-rows.ts';
import { createPage, type Page } from './page.ts';
import { currentVersion, isCurrentAnswer } from './selectors.ts';
import { sharedOf, writeLink } from './share.ts';
import { writeCode } from './share-code.ts';
import { start } from './start.ts';

const state = (page: Page) => page.store.getState();
const tokens = (page: Page) => currentVersion(state(page)).tokens;
const off: Changes = { off: [{ layer: 0, part: 0 }], steering: null };

async function withText(text: string, environment = fakeEnvironment({}), pace = 0): Promise<Page> {
  const page = createPage(fakeBackend({ pace }), environment);
  await page.actions.load(requestFor(bundledModel));
  page.actions.edit(text);
  await page.actions.scored();
  return page;
}

describe('questions about the text', () => {
  it('are out of date when text, fields or changes are others', async () => {
    const page = await withText('there was');
    await page.actions.ask('odds');
    await page.actions.ask('ablation');
    expect(isCurrentAnswer('odds', state(page))).toBe(true);
    page.actions.togglePart({ layer: 0, part: 'mlp' });
    expect(isCurrentAnswer('odds', state(page))).toBe(false);
    expect(isCurrentAnswer('ablation', state(page))).toBe(true);
    page.actions.setInside({ target: 'king' });
    expect(isCurrentAnswer('ablation', state(page))).toBe(false);
    page.actions.setInside({ target: '' });
    await page.actions.step();
    expect(isCurrentAnswer('ablation', state(page))).toBe(false);
  });

  it('compare the two likeliest tokens, or those that are named with or without their space', async () => {
    const page = await withText('there was');
    await page.actions.ask('attribution');
    const { targetText, foilText } = state(page).inside.answers.attribution?.value ?? {};
    expect(targetText).not.toBe(foilText);
    page.actions.setInside({ target: 'king', foil: '·who' });
    await page.actions.ask('attribution');
    expect(state(page).inside.answers.attribution?.value).toMatchObject({
      ...{ targetText: ' king', foilText: ' who', total: 3 },
    });
    page.actions.setInside({ target: 'nothing' });
    await page.actions.ask('attribution');
    expect(state(page).inside.problem).toMatch(/“nothing” is several tokens/);
  });

  it('show the odds as the model is and with parts off', async () => {
    const page = await withText('there was');
    page.actions.togglePart({ layer: 0, part: 0 });
    await page.actions.ask('odds');
    const { before, after } = state(page).inside.answers.odds?.value ?? {};
    expect(after).not.toEqual(before);
    const rows = oddsRows(before as Float32Array, after as Float32Array, { count: 5, padded: 0 });
    expect(rows).toHaveLength(5);
    expect(rows.some((row) => row.before !== row.after)).toBe(true);
    page.actions.togglePart({ layer: 0, part: 0 });
    expect(state(page).inside.off).toEqual([]);
  });
});

describe('a text that is being written', () => {
  it('waits for the answer to a question, unless it is stopped', async () => {
    const page = await withText('there was', undefined, 2);
    page.actions.set({ maxNewTokens: 60 });
    const writing = page.actions.write();
    await vi.waitFor(() => expect(tokens(page).length).toBeGreaterThan(4));
    page.actions.setInside({ busy: { view: true } });
    await new Promise((resolve) => setTimeout(resolve, 150));
    const held = tokens(page).length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(tokens(page)).toHaveLength(held);
    page.actions.setInside({ busy: {} });
    await vi.waitFor(() => expect(tokens(page).length).toBeGreaterThan(held));
    page.actions.setInside({ busy: { view: true } });
    page.actions.stop();
    await writing;
    expect(state(page).run?.finishReason).toBe('aborted');
  });
});

describe('changes', () => {
  it('are edits of the sites of each part, and a push along a direction', async () => {
    const run = async (text: string) => {
      const data = Float32Array.from([9, 9, text.length, 1]);
      return {
        ids: [],
        logits: new Float32Array(),
        captured: { 'blocks.2.hook_resid_post': { shape: [2, 2], data } },
      };
    };
    const model = { run } as Parameters<typeof editsOf>[0];
    const steering = { plus: 'abc', minus: 'a', layer: 2, strength: 1.5 };
    const parts = [3, 'attn', 'mlp'] as const;
    const edits = await editsOf(model, { off: parts.map((part) => ({ layer: 1, part })), steering });
    expect(edits).toEqual([
      { site: 'blocks.1.attn.hook_z', op: 'zero', head: 3 },
      { site: 'blocks.1.hook_attn_out', op: 'zero' },
      { site: 'blocks.1.hook_mlp_out', op: 'zero' },
      { site: 'blocks.2.hook_resid_post', op: 'add', value: Float32Array.of(3, 0) },
    ]);
    await expect(directionOf(model, { plus: 'ab', minus: 'cd', layer: 2 })).rejects.toMatchObject({
      code: 'invalid-argument',
    });
  });

  it('stay with the run that was written with them, for another try as well', async () => {
    const page = await withText('there was');
    page.actions.set({ maxNewTokens: 4 });
    await page.actions.writeWith(off);
    expect(currentVersion(state(page)).run?.changes).toEqual(off);
    expect(tokens(page).length).toBeGreaterThan(4);
    await page.actions.tryAgain();
    expect(currentVersion(state(page)).run?.changes).toEqual(off);
    await page.actions.write();
    expect(currentVersion(state(page)).run?.changes).toBeUndefined();
  });

  it('can be compared beside the text, which stays as it is', async () => {
    const page = await withText('there was');
    const before = tokens(page);
    await page.actions.writeBeside(off);
    const { written } = state(page).inside;
    expect(written).toMatchObject({ busy: false, changes: off });
    expect(written?.plain).not.toBe('');
    expect(written?.changed).not.toBe('');
    expect(tokens(page)).toEqual(before);
  });

  it('end with what they show: cleared texts do not come back, and the next ones are whole', async () => {
    const page = await withText('there was', undefined, 5);
    await page.actions.writeBeside(off);
    const whole = state(page).inside.written;
    page.actions.setInside({ written: null });
    const first = page.actions.writeBeside(off);
    await vi.waitFor(() => expect(state(page).inside.written?.plain).not.toBe(''));
    page.actions.setInside({ written: null });
    await first;
    expect(state(page).inside).toMatchObject({ written: null, problem: null });
    await page.actions.writeBeside(off);
    expect(state(page).inside.written).toEqual(whole);
  });
});

describe('directions with a name', () => {
  it('are there after a reload, once each', async () => {
    const table = memoryTable();
    const environment = fakeEnvironment({ table });
    const page = await withText('there was', environment);
    await start(page);
    for (const strength of [1, 2]) {
      page.actions.setInside({ steering: { plus: 'a', minus: 'b', layer: 0, strength } });
      page.actions.saveSteering('kind');
    }
    page.actions.saveSteering('other');
    page.actions.forgetSteering('other');
    await environment.storage.flush();
    const again = createPage(fakeBackend({}), fakeEnvironment({ table, writer: 'next', previous: 'this' }));
    await start(again);
    expect(state(again).savedSteering).toEqual([
      { plus: 'a', minus: 'b', layer: 0, strength: 2, name: 'kind' },
    ]);
  });
});

describe('the inside in a link', () => {
  const linked: LinkedInside = {
    ...{
      tab: 'steer',
      head: { layer: 4, head: 2 },
      from: 7,
      target: ' ball',
      foil: '&=#',
      clean: 'Tom & Ann',
      sites: 'heads',
      cell: { row: 3, column: 1 },
    },
    off: [
      { layer: 3, part: 'mlp' },
      { layer: 4, part: 2 },
    ],
    steering: { plus: 'she, her', minus: 'he\nhim', layer: 2, strength: -1.5 },
    changes: {
      off: [
        { layer: 3, part: 'mlp' },
        { layer: 4, part: 2 },
      ],
      steering: null,
    },
  };

  it('is read as it was written, and left alone where it is not understood', () => {
    expect(readInside(`#ids=1&${writeInside(linked)}`)).toEqual(linked);
    expect(readInside('#ids=1.2')).toBeNull();
    expect(
      readInside('#inside=nowhere&head=x.y&off=1.2.3+5.9&push=a:b&from=-1&sites=all&cell=2&written=off'),
    ).toEqual({
      ...{ tab: null, head: null, from: null, target: '', foil: '', clean: '', sites: 'resid_pre' },
      cell: null,
      off: [{ layer: 5, part: 9 }],
      steering: { plus: '', minus: '', layer: 0, strength: 0 },
      changes: { off: [{ layer: 5, part: 9 }], steering: null },
    });
  });

  it('keeps what the model has', () => {
    const fitting = fittingInside(linked, { nLayer: 4, nHead: 2 });
    expect(fitting).toMatchObject({ head: null, off: [{ layer: 3, part: 'mlp' }], steering: { layer: 2 } });
    expect(fitting.cell).toEqual({ row: 3, column: 1 });
    expect(fittingInside(linked, { nLayer: 3, nHead: 2 }).cell).toBeNull();
    expect(fittingInside(linked, { nLayer: 4, nHead: 1 }).cell).toBeNull();
  });

  it('writes the same text with the same changes, and opens the same view', async () => {
    const page = await withText('there was');
    page.actions.set({ maxNewTokens: 6 });
    page.actions.openTab('inside');
    page.actions.setInside({ tab: 'off', off: off.off, head: { layer: 0, head: 0 } });
    await page.actions.writeWith(off);
    const shared = sharedOf(state(page));
    if (!shared) throw new Error('nothing to share');
    expect(writeCode('https://host/', shared)).toContain('options.edits = edits;');
    const { search, hash } = new URL(writeLink('https://host/', shared));
    const other = createPage(fakeBackend({}), fakeEnvironment({ search, hash }));
    await start(other);
    expect(state(other)).toMatchObject({ tab: 'inside', inside: { tab: 'off', off: off.off } });
    expect(currentVersion(state(other)).run?.changes).toEqual(off);
    expect(tokens(other).map(({ id }) => id)).toEqual(tokens(page).map(({ id }) => id));
    expect(state(other).notice).toBeNull();
  });
});
