import { describe, expect, it } from 'vitest';
import { presetMessages } from '../messages/sampling.ts';
import { cardSampling } from './catalogue.ts';
import { fakeBackend } from './fake-engine.ts';
import { fakeEnvironment } from './fake-environment.ts';
import { bundledModel, requestFor } from './load-request.ts';
import { nextDistribution } from './next-distribution.ts';
import { createPage, type Page } from './page.ts';
import { currentVersion, isCurrentAnswer } from './selectors.ts';
import { defaultSettings, presetOf, presetsFor } from './settings.ts';
import { strongestHead } from './strongest-head.ts';

const state = (page: Page) => page.store.getState();
const tokens = (page: Page) => currentVersion(state(page)).tokens;

async function withText(text: string): Promise<Page> {
  const page = createPage(fakeBackend({}), fakeEnvironment({}));
  await page.actions.load(requestFor(bundledModel));
  page.actions.edit(text);
  await page.actions.scored();
  return page;
}

describe('a single step', () => {
  it('writes one token and keeps what it was drawn from', async () => {
    const page = await withText('there was');
    const { next } = state(page);
    expect(next).not.toBeNull();
    const before = tokens(page).length;
    await page.actions.step();
    expect(tokens(page)).toHaveLength(before + 1);
    expect(state(page).drawn).toMatchObject({ index: before, from: next });
    await page.actions.scored();
    expect(state(page).next?.ids).toHaveLength(before + 1);
  });

  it('knows of no distribution where the text has not been looked at yet', async () => {
    const page = await withText('there was');
    page.actions.edit('there was a');
    await page.actions.step();
    expect(state(page).drawn).toMatchObject({ from: null });
  });

  it('goes on with a fixed seed, another for each step, and leaves the settings alone', async () => {
    const page = await withText('there was');
    page.actions.set({ seed: 5, n: 3, maxNewTokens: 40 });
    const seeds = [];
    for (let i = 0; i < 2; i++) {
      await page.actions.step();
      seeds.push(state(page).run?.origin.seed);
    }
    const from = tokens(page).length - 2;
    expect(seeds).toEqual([5 + from, 6 + from]);
    expect(state(page).settings).toMatchObject({ seed: 5, n: 3, maxNewTokens: 40 });
  });
});

describe('the rows of a distribution', () => {
  it('hold the token that was drawn, however unlikely', () => {
    const logits = Float32Array.from({ length: 50 }, (_, id) => -id);
    const rows = (also?: number) =>
      nextDistribution({ logits, ids: [1] }, defaultSettings, 4, also).rows.map(({ id }) => id);
    expect(rows()).toEqual([0, 1, 2, 3]);
    expect(rows(2)).toEqual([0, 1, 2, 3]);
    expect(rows(30)).toEqual([0, 1, 2, 30]);
  });
});

describe('the presets', () => {
  it('begin with what the publisher asks for, unless it is one of them or nothing', () => {
    const usual = presetsFor();
    expect(presetsFor({})).toBe(usual);
    expect(presetsFor({ temperature: 0.8, topK: 40 })).toBe(usual);
    const published = presetsFor({ temperature: 0.7, topK: 50, repetitionPenalty: 1.1 });
    expect(published).toHaveLength(usual.length + 1);
    const settings = { ...defaultSettings, ...published[0]?.settings };
    expect(settings).toMatchObject({ temperature: 0.7, topK: 50, repetitionPenalty: 1.1, topP: 1 });
    expect(presetOf(settings, published)).toBe(published[0]?.name);
  });

  it('have what a well-known model’s card shows, where its files ask for nothing', () => {
    expect(cardSampling('openai-community/gpt2')).toEqual({});
    const [first] = presetsFor(cardSampling('cerebras/Cerebras-GPT-111M'), presetMessages.card);
    expect(first).toMatchObject({
      name: 'As on its card',
      settings: { temperature: 0, noRepeatNgramSize: 2 },
    });
  });
});

describe('a look inside', () => {
  it('opens on the head that finds one token, not on those that rest on the first or on themselves', () => {
    const row = (...last: number[]) => Float32Array.from([0, 0, 0, 0, ...Array(8).fill(0), ...last]);
    const attention = [
      [row(0.9, 0, 0.05, 0.05), row(0.2, 0.1, 0.6, 0.1)],
      [row(0, 0.3, 0, 0.7), row(0.4, 0.4, 0.1, 0.1)],
    ];
    expect(strongestHead(attention, 4)).toEqual({ layer: 0, head: 1 });
    expect(strongestHead([], 4)).toEqual({ layer: 0, head: 0 });
  });

  it('reads the whole text, and says so when the text has changed since', async () => {
    const page = await withText(' a king'.repeat(120));
    expect(tokens(page).length).toBeGreaterThan(96);
    await page.actions.ask('view');
    expect(state(page).inside.answers.view?.ids).toEqual(tokens(page).map(({ id }) => id));
    expect(isCurrentAnswer('view', state(page))).toBe(true);
    await page.actions.step();
    expect(isCurrentAnswer('view', state(page))).toBe(false);
    page.actions.undo();
    expect(isCurrentAnswer('view', state(page))).toBe(true);
  });

  it('of a text longer than the context reads what the model reads to go on', async () => {
    const page = await withText(' a king'.repeat(400));
    const { nPositions } = state(page).model?.config ?? { nPositions: 0 };
    expect(tokens(page).length).toBeGreaterThan(nPositions);
    await page.actions.ask('view');
    expect(state(page).inside.answers.view?.ids).toEqual(
      tokens(page)
        .slice(-nPositions / 2)
        .map(({ id }) => id),
    );
    expect(isCurrentAnswer('view', state(page))).toBe(true);
  });
});
