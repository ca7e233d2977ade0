import { describe, expect, it, vi } from 'vitest';
import { VitrineError } from '../../lib/index.ts';
import { versionText } from './document.ts';
import { type FakeBehaviour, fakeBackend } from './fake-engine.ts';
import { fakeEnvironment } from './fake-environment.ts';
import { bundledModel, requestFor } from './load-request.ts';
import { createPage, type Page } from './page.ts';
import { compare } from './second-reading.ts';
import { readingKey } from './second-slice.ts';
import { currentVersion } from './selectors.ts';

const state = (page: Page) => page.store.getState();
const second = (page: Page) => state(page).second;

async function withText(text: string, behaviour: FakeBehaviour = {}): Promise<Page> {
  const page = createPage(fakeBackend(behaviour), fakeEnvironment());
  await page.actions.load(requestFor(bundledModel));
  page.actions.set({ maxNewTokens: 8, seed: 3 });
  page.actions.edit(text);
  await vi.waitFor(() => expect(state(page).next).not.toBeNull(), { timeout: 3000 });
  return page;
}

describe('a second model', () => {
  it('reads the text beside the first, and again when it changes', async () => {
    const page = await withText('there was a king');
    await page.actions.openSecond(requestFor('owner/name'));
    expect(second(page)).toMatchObject({ phase: 'ready', model: { id: 'owner/name' } });
    expect(state(page)).toMatchObject({ phase: 'ready', model: { id: bundledModel } });
    const { tokens } = currentVersion(state(page));
    const found = compare(tokens, second(page).reading?.logprobs ?? []);
    // The stand-ins are one and the same model.
    expect(found?.count).toBe(tokens.length - 1);
    expect(found?.second).toBeCloseTo(found?.first ?? Number.NaN);
    page.actions.edit('there was a king who');
    await vi.waitFor(
      () => {
        const now = currentVersion(state(page));
        expect(now.tail).toBe('');
        expect(second(page).reading?.ids).toBe(readingKey(now.tokens));
      },
      { timeout: 3000 },
    );
  });

  it('writes on from the same words with the same seed, and leaves the text to the first', async () => {
    const page = await withText('there was');
    await page.actions.openSecond(requestFor('owner/name'));
    await page.actions.writeBoth();
    const text = versionText(currentVersion(state(page)));
    const { written, phase } = second(page);
    expect(phase).toBe('ready');
    expect(written?.prompt).toBe('there was');
    expect(written?.finishReason).toBe('length');
    expect(`there was${written?.tokens.map((token) => token.text).join('')}`).toBe(text);
  });

  it('stops with the first', async () => {
    const page = await withText('there was', { pace: 10 });
    await page.actions.openSecond(requestFor('owner/name'));
    page.actions.set({ maxNewTokens: 400 });
    const writing = page.actions.writeBoth();
    await vi.waitFor(() => expect(second(page).written?.tokens.length).toBeGreaterThan(1));
    page.actions.stop();
    await writing;
    expect(second(page).phase).toBe('ready');
    expect(second(page).error).toBeNull();
    expect(second(page).written?.tokens.length).toBeLessThan(400);
  });

  it('that cannot be loaded is an error of its own: the first stays', async () => {
    const behaviour: FakeBehaviour = {};
    const page = await withText('there was', behaviour);
    behaviour.failLoad = new VitrineError('not-found', 'There is no owner/name.');
    await page.actions.openSecond(requestFor('owner/name'));
    expect(second(page)).toMatchObject({ phase: 'none', model: null, error: { code: 'not-found' } });
    expect(state(page)).toMatchObject({ phase: 'ready', error: null, model: { id: bundledModel } });
  });

  it('is gone when it is removed, also while it loads', async () => {
    const page = await withText('there was', { pace: 10 });
    const loading = page.actions.openSecond(requestFor('owner/name'));
    page.actions.closeSecond();
    await loading;
    expect(second(page)).toMatchObject({ phase: 'none', model: null, error: null, reading: null });
  });
});
