import { describe, expect, it, vi } from 'vitest';
import { fakeBackend } from './fake-engine.ts';
import { fakeEnvironment } from './fake-environment.ts';
import { bundledModel, requestFor } from './load-request.ts';
import { createPage, type Page } from './page.ts';
import { nextAt } from './scoring-slice.ts';
import { currentVersion } from './selectors.ts';

const state = (page: Page) => page.store.getState();

async function ready(): Promise<Page> {
  const page = createPage(fakeBackend(), fakeEnvironment());
  await page.actions.load(requestFor(bundledModel));
  return page;
}

describe('reading', () => {
  it('scores pasted text and looks ahead once things are quiet', async () => {
    const page = await ready();
    page.actions.edit('there was a king');
    await vi.waitFor(() => expect(state(page).next).not.toBeNull(), { timeout: 3000 });
    const { tokens } = currentVersion(state(page));
    expect(tokens.map((token) => token.text).join('')).toBe('there was a king');
    expect(tokens.slice(1).every((token) => typeof token.logprob === 'number')).toBe(true);
    expect(state(page).next?.ids).toEqual(tokens.map((token) => token.id));
  });

  it('fills in the alternatives of a token that is looked at', async () => {
    const page = await ready();
    page.actions.edit('there was a king');
    await vi.waitFor(() => expect(state(page).next).not.toBeNull(), { timeout: 3000 });
    page.actions.inspect(2);
    await vi.waitFor(() => expect(currentVersion(state(page)).tokens[2]?.alternatives?.length).toBe(10));
  });

  it('knows at once what could come at the end when no token is looked at any more', async () => {
    const page = await ready();
    page.actions.edit('there was a king');
    await vi.waitFor(() => expect(state(page).next).not.toBeNull(), { timeout: 3000 });
    const end = state(page).next;
    page.actions.inspect(2);
    expect(state(page).next).toBe(end);
    await vi.waitFor(() => expect(nextAt(state(page), 2)).not.toBeNull());
    page.actions.inspect(null);
    expect(state(page).next).toBe(end);
    page.actions.inspect(2);
    page.actions.edit('there was');
    page.actions.inspect(null);
    // What was known at the end is of another text.
    expect(nextAt(state(page), currentVersion(state(page)).tokens.length)).toBeNull();
  });

  it('gives rank and entropy of every token of the text', async () => {
    const page = await ready();
    page.actions.edit('there was a king');
    await page.actions.scored();
    const score = await page.actions.scoreText();
    const { tokens } = currentVersion(state(page));
    expect(score?.ids).toEqual(tokens.map((token) => token.id));
    expect(score?.ranks.slice(1).every((rank) => rank >= 1)).toBe(true);
    page.actions.edit('');
    expect(await page.actions.scoreText()).toBeNull();
  });

  it('gives what was just typed its tokens, and shows nothing that is about the text before', async () => {
    const page = await ready();
    page.actions.edit('there was a king');
    await vi.waitFor(() => expect(state(page).next).not.toBeNull(), { timeout: 3000 });
    const before = currentVersion(state(page)).tokens.length;
    expect(nextAt(state(page), before)).toBe(state(page).next);
    page.actions.edit('there was');
    const { tokens, tail } = page.actions.tokenized();
    expect([tokens.map((token) => token.text).join(''), tail]).toEqual(['there was', '']);
    expect(tokens.length).toBeLessThan(before);
    expect(nextAt(state(page), tokens.length)).toBeNull();
    await vi.waitFor(() => expect(nextAt(state(page), tokens.length)).not.toBeNull(), { timeout: 3000 });
  });
});
