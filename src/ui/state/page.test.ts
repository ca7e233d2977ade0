import { describe, expect, it, vi } from 'vitest';
import { VitrineError } from '../../lib/index.ts';
import { versionText } from './document.ts';
import { type FakeBehaviour, fakeBackend } from './fake-engine.ts';
import { type FakeEnvironmentOptions, fakeEnvironment, memoryTable } from './fake-environment.ts';
import { bundledModel, requestFor } from './load-request.ts';
import { createPage, type Page } from './page.ts';
import { currentVersion, runEnd } from './selectors.ts';
import { start } from './start.ts';

type Opening = FakeBehaviour & FakeEnvironmentOptions;

function open(opening: Opening = {}) {
  const environment = fakeEnvironment(opening);
  return { page: createPage(fakeBackend(opening), environment), environment };
}

const text = (page: Page) => versionText(currentVersion(page.store.getState()));
const state = (page: Page) => page.store.getState();

async function ready(opening: Opening = {}): Promise<Page> {
  const { page } = open(opening);
  await page.actions.load(requestFor(bundledModel));
  page.actions.set({ maxNewTokens: 8, seed: 3 });
  return page;
}

/** Puts a prompt on the sheet, writes on from it, and gives the whole text. */
async function writeOn(page: Page): Promise<string> {
  page.actions.edit('there was');
  await page.actions.write();
  return text(page);
}

describe('opening the page', () => {
  it('loads the bundled model and writes at once', async () => {
    const { page } = open();
    await start(page);
    expect(state(page).phase).toBe('ready');
    expect(state(page).model?.id).toBe(bundledModel);
    expect(text(page)).toMatch(/^Once upon a time .+/);
    expect(state(page).run?.tokens).toBe(120);
  });

  it('takes prompt, seed and settings from the address', async () => {
    const { page } = open({ search: '?prompt=there+was&seed=5&temperature=0&max-new-tokens=4' });
    await start(page);
    expect(text(page)).toMatch(/^there was/);
    expect(state(page).run).toMatchObject({ origin: { seed: 5 }, tokens: 4 });
  });

  it('waits for a click before it downloads a model named in the address', async () => {
    const { page } = open({ search: '?model=openai-community/gpt2&prompt=Hello' });
    await start(page);
    expect(state(page)).toMatchObject({ phase: 'idle', request: { source: 'openai-community/gpt2' } });
    expect(text(page)).toBe('Hello');
  });

  it('brings the text back after a reload and does not write into it', async () => {
    const table = memoryTable();
    const first = open({ table, writer: 'one' });
    await start(first.page);
    const before = text(first.page);
    await first.environment.storage.flush();
    const second = open({ table, writer: 'two', previous: 'one' });
    await start(second.page);
    expect(text(second.page)).toBe(before);
    expect(state(second.page)).toMatchObject({ phase: 'ready', run: null });
  });

  it('starts afresh where the kept session is damaged', async () => {
    const damaged = new Map<string, unknown>([
      ['visit:x', { kind: 'visit', writer: 'x', savedAt: 1, state: { current: 'v' } }],
      ['version:v:x', { kind: 'version', writer: 'x', savedAt: 1, idsOf: null, version: { id: 3 } }],
      ['other', 7],
    ]);
    const { page } = open({ table: memoryTable(damaged), previous: 'x' });
    await start(page);
    expect(text(page)).toMatch(/^Once upon a time/);
  });

  it.each(['webgpu-unavailable', 'shader-compilation'] as const)(
    'writes by itself on the CPU after %s, and says why',
    async (code) => {
      const { page } = open({ failGpu: new VitrineError(code, 'The cause.') });
      await start(page);
      expect(state(page)).toMatchObject({
        phase: 'ready',
        error: null,
        request: { backend: 'cpu' },
        fallback: { code, message: 'The cause.' },
      });
      expect(text(page)).toMatch(/^Once upon a time .+/);
    },
  );

  it('forgets the CPU once another model is asked for', async () => {
    const opening: Opening = { failGpu: new VitrineError('webgpu-unavailable', 'None.') };
    const { page } = open(opening);
    await start(page);
    delete opening.failGpu;
    await page.actions.load(requestFor(bundledModel));
    expect(state(page)).toMatchObject({ phase: 'ready', request: { backend: 'gpu' }, fallback: null });
  });
});

describe('writing', () => {
  it('gives the same text for the same seed, whatever stood there before', async () => {
    const page = await ready();
    const first = await writeOn(page);
    page.actions.undo();
    await page.actions.write();
    expect(text(page)).toBe(first);
  });

  it('draws another seed for another try, also where one was pinned', async () => {
    const page = await ready();
    const first = await writeOn(page);
    await page.actions.tryAgain();
    expect(text(page)).not.toBe(first);
    expect(text(page)).toMatch(/^there was/);
    expect(state(page).settings.seed).toBe(7);
    expect(state(page).versions.map(versionText)).toContain(first);
  });

  it('stops, keeps what was written, and can go on', async () => {
    const page = await ready({ pace: 5 });
    page.actions.set({ maxNewTokens: 500 });
    page.actions.edit('there was');
    const writing = page.actions.write();
    await vi.waitFor(() => expect(state(page).run?.tokens).toBeGreaterThan(2), { timeout: 10_000 });
    page.actions.stop();
    await writing;
    const stopped = text(page);
    expect(state(page)).toMatchObject({ phase: 'ready', error: null });
    page.actions.set({ maxNewTokens: 3 });
    await page.actions.write();
    expect(text(page).startsWith(stopped)).toBe(true);
    expect(text(page).length).toBeGreaterThan(stopped.length);
  });

  it('undoes and redoes a whole run', async () => {
    const page = await ready();
    const written = await writeOn(page);
    page.actions.undo();
    expect(text(page)).toBe('there was');
    page.actions.redo();
    expect(text(page)).toBe(written);
  });

  it('says how a run ended only of the text it left', async () => {
    const page = await ready();
    await writeOn(page);
    expect(runEnd(state(page))).toBe('length');
    page.actions.edit(`${text(page)} and`);
    expect(runEnd(state(page))).toBeNull();
    page.actions.undo();
    expect(runEnd(state(page))).toBe('length');
    page.actions.startNew();
    expect(runEnd(state(page))).toBeNull();
  });

  it('branches at a token and keeps both ways', async () => {
    const page = await ready();
    const before = await writeOn(page);
    const tokens = currentVersion(state(page)).tokens;
    const at = tokens.length - 4;
    const other = tokens[at]?.alternatives?.find((choice) => choice.id !== tokens[at]?.id);
    if (!other) throw new Error('no alternative');
    await page.actions.branch(at, other);
    const prefix = tokens.slice(0, at).map((token) => token.text);
    expect(text(page).startsWith(prefix.join('') + other.text)).toBe(true);
    expect(currentVersion(state(page)).tokens[at]?.origin).toBe('chosen');
    expect(state(page).versions.map(versionText)).toContain(before);
  });

  it('writes several continuations side by side and keeps all when one is chosen', async () => {
    const page = await ready();
    page.actions.set({ n: 3 });
    await writeOn(page);
    expect(state(page).continuations).toHaveLength(3);
    expect(text(page)).toBe('there was');
    const second = state(page)
      .continuations[1]?.tokens.map((token) => token.text)
      .join('');
    page.actions.keepContinuation(1);
    expect(text(page)).toBe(`there was${second}`);
    expect(state(page).versions).toHaveLength(3);
    expect(state(page).continuations).toHaveLength(0);
  });

  it('shows an error of the engine and stays usable', async () => {
    const page = await ready({ failGenerate: new VitrineError('context-overflow', 'Too long.') });
    await writeOn(page);
    expect(state(page)).toMatchObject({ phase: 'ready', error: { code: 'context-overflow' } });
    expect(text(page)).toBe('there was');
  });
});

describe('loading', () => {
  it('pauses and resumes', async () => {
    const { page } = open({ pace: 20 });
    const loading = page.actions.load(requestFor('owner/name'));
    page.actions.pause();
    await loading;
    expect(state(page).phase).toBe('paused');
    await page.actions.resume();
    expect(state(page)).toMatchObject({ phase: 'ready', model: { id: 'owner/name' } });
  });

  it('leaves ids and odds of one model to that model', async () => {
    const page = await ready();
    page.actions.edit('there was a king');
    await page.actions.write();
    const { tokens } = currentVersion(state(page));
    const words = text(page);
    expect(tokens.length).toBeGreaterThan(8);
    // The same model, held otherwise, has the same vocabulary.
    await page.actions.load({ ...requestFor(bundledModel), dtype: 'int8' });
    expect(currentVersion(state(page)).tokens).toBe(tokens);
    await page.actions.load(requestFor('owner/name'));
    const held = [state(page), ...state(page).past].flatMap(({ versions }) => versions);
    for (const version of held) expect(version.tokens).toEqual([]);
    expect(text(page)).toBe(words);
  });

  it('takes a kept text as words only where it was another model’s', async () => {
    const table = memoryTable();
    const first = open({ table, writer: 'one' });
    await start(first.page);
    await first.environment.storage.flush();
    for (const [search, same] of [
      ['', true],
      ['?hub=https://mirror.example', false],
    ] as const) {
      const { page } = open({ table, previous: 'one', writer: search || 'two', search });
      await start(page);
      expect(text(page)).toBe(text(first.page));
      expect(currentVersion(state(page)).tokens.length > 0).toBe(same);
    }
  });

  it('keeps an access token out of everything that is stored or shown', async () => {
    const { page, environment } = open();
    page.actions.setAccessToken('hf_secret');
    await page.actions.load(requestFor('owner/name'));
    page.actions.edit('hello');
    expect(environment.kept.length).toBeGreaterThan(0);
    expect(JSON.stringify(environment.kept)).not.toContain('hf_secret');
  });

  it('keeps the working model when another one cannot be loaded', async () => {
    const failPlan = new VitrineError('not-found', 'No such model.');
    const page = await ready({ failPlan });
    expect(await page.actions.load(requestFor('owner/none'))).toBe(false);
    expect(state(page)).toMatchObject({
      phase: 'ready',
      model: { id: bundledModel },
      request: { source: bundledModel },
      error: { code: 'not-found', modelKept: true },
    });
    await writeOn(page);
    expect(text(page)).toMatch(/^there was.+/);
  });

  it('forgets seed and speed of the model before', async () => {
    const page = await ready();
    await writeOn(page);
    expect(state(page).run).not.toBeNull();
    await page.actions.load(requestFor('owner/name'));
    expect(state(page).run).toBeNull();
  });
});
