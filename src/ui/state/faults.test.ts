import { describe, expect, it, vi } from 'vitest';
import { VitrineError } from '../../lib/index.ts';
import { versionText } from './document.ts';
import { readExact } from './exact-link.ts';
import { type FakeBehaviour, fakeBackend } from './fake-engine.ts';
import { type FakeEnvironmentOptions, fakeEnvironment, memoryTable } from './fake-environment.ts';
import { bundledModel, requestFor } from './load-request.ts';
import { createPage, type Page } from './page.ts';
import { currentVersion } from './selectors.ts';
import { sharedOf, writeLink } from './share.ts';
import { start } from './start.ts';

type Opening = FakeBehaviour & FakeEnvironmentOptions;

function open(opening: Opening = {}) {
  const environment = fakeEnvironment(opening);
  return { page: createPage(fakeBackend(opening), environment), environment };
}

const state = (page: Page) => page.store.getState();
const text = (page: Page) => versionText(currentVersion(state(page)));
const ids = (page: Page) => currentVersion(state(page)).tokens.map((token) => token.id);

/** Resolves in the turn in which this comes true, however busy the machine: a run of 60 tokens is soon over. */
function until(page: Page, isTrue: (now: ReturnType<typeof state>) => boolean): Promise<void> {
  if (isTrue(state(page))) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = page.store.subscribe((now) => {
      if (!isTrue(now)) return;
      stop();
      resolve();
    });
  });
}

async function opened(opening: Opening = {}): Promise<Page> {
  const { page } = open(opening);
  await page.actions.load(requestFor(bundledModel));
  page.actions.set({ maxNewTokens: 8 });
  return page;
}

/** Opens the link that the page shares now, in another browser whose own settings differ. */
async function follow(page: Page): Promise<Page> {
  const shared = sharedOf(state(page));
  if (!shared) throw new Error('nothing to share');
  const url = new URL(writeLink('https://host/', shared));
  const table = memoryTable();
  const other = open({ table, writer: 'before' });
  await start(other.page);
  other.page.actions.set({ temperature: 1.7, topP: 0.3, seed: 99, overflow: 'slide' });
  await other.environment.storage.flush();
  const there = open({ table, writer: 'after', search: url.search, hash: url.hash });
  await start(there.page);
  return there.page;
}

describe('a link writes the same tokens elsewhere', () => {
  it('after one run', async () => {
    const page = await opened();
    page.actions.edit('there was');
    await page.actions.write();
    expect(ids(await follow(page))).toEqual(ids(page));
  });

  it('after continuing, and after choosing another word', async () => {
    const page = await opened();
    page.actions.edit('there was');
    await page.actions.write();
    page.actions.set({ seed: 5 });
    await page.actions.write();
    expect(ids(await follow(page))).toEqual(ids(page));
    const { tokens } = currentVersion(state(page));
    const at = tokens.length - 5;
    const other = tokens[at]?.alternatives?.find(({ id }) => id !== tokens[at]?.id);
    if (!other) throw new Error('no alternative');
    await page.actions.branch(at, other);
    const there = await follow(page);
    expect(ids(there)).toEqual(ids(page));
    expect(currentVersion(state(there)).tokens.map(({ origin }) => origin)).toEqual(
      currentVersion(state(page)).tokens.map(({ origin }) => origin),
    );
  });

  it('with banned tokens, and with three side by side of which one was kept', async () => {
    const page = await opened();
    page.actions.edit('there was');
    page.actions.set({ n: 3, logitBias: { 4: -100, 9: -100 } });
    await page.actions.write();
    const side = await follow(page);
    expect(state(side).continuations.map(({ tokens }) => tokens.map(({ id }) => id))).toEqual(
      state(page).continuations.map(({ tokens }) => tokens.map(({ id }) => id)),
    );
    page.actions.keepContinuation(2);
    const there = await follow(page);
    expect(ids(there)).toEqual(ids(page));
    expect(state(there).settings.logitBias).toEqual({ 4: -100, 9: -100 });
  });

  it('names revision and weight type, and says where the text came out otherwise', async () => {
    const page = await opened();
    page.actions.edit('there was');
    await page.actions.write();
    const shared = sharedOf(state(page));
    if (!shared?.exact) throw new Error('nothing to share');
    expect(shared.exact).toMatchObject({ revision: 'stand-in', dtype: 'f16' });
    const changed = { ...shared, exact: { ...shared.exact, revision: 'older', checksum: '00000000' } };
    const url = new URL(writeLink('https://host/', changed));
    const there = open({ search: url.search, hash: url.hash });
    await start(there.page);
    expect(state(there.page).notice).toContain('revision');
  });

  it('keeps its settings for the visit only', async () => {
    const table = memoryTable();
    const own = open({ table, writer: 'own' });
    await start(own.page);
    own.page.actions.set({ temperature: 1.7 });
    await own.environment.storage.flush();
    const visit = open({ table, writer: 'visit', search: '?prompt=x&top-p=0.5&max-new-tokens=3' });
    await start(visit.page);
    expect(state(visit.page).settings).toMatchObject({ temperature: 0.8, topP: 0.5 });
    await visit.environment.storage.flush();
    const later = open({ table, writer: 'later' });
    await start(later.page);
    expect(state(later.page).settings).toMatchObject({ temperature: 1.7, topP: 1 });
  });

  it('is not followed again after a reload or on the way back', async () => {
    const table = memoryTable();
    const search = '?prompt=there+was&max-new-tokens=3';
    const first = open({ table, writer: 'one', search });
    await start(first.page);
    first.page.actions.edit('my own words');
    await first.environment.storage.flush();
    const again = open({ table, writer: 'two', previous: 'one', search, followed: true });
    await start(again.page);
    expect(text(again.page)).toBe('my own words');
  });

  it('ignores a hash that makes no sense', () => {
    for (const hash of ['', '#x', '#ids=a.b', '#ids=1.-2', `#ids=${'1.'.repeat(5000)}1`])
      expect(readExact(hash)).toBeNull();
    expect(readExact('#ids=1.2&run=x&bias=q&dtype=q8')).toMatchObject({ ids: [1, 2], run: null, dtype: '' });
  });
});

describe('tabs and reloads', () => {
  it('two tabs keep their texts, and each sees the other’s', async () => {
    const table = memoryTable();
    const one = open({ table, writer: 'one' });
    await start(one.page);
    await one.environment.storage.flush();
    const two = open({ table, writer: 'two' });
    await start(two.page);
    two.page.actions.edit('text of tab two');
    await two.environment.storage.flush();
    one.page.actions.edit('text of tab one');
    await one.environment.storage.flush();
    for (const [writer, own, others] of [
      ['one', 'text of tab one', 'text of tab two'],
      ['two', 'text of tab two', 'text of tab one'],
    ] as const) {
      const reloaded = open({ table, writer: `${writer}+`, previous: writer });
      await start(reloaded.page);
      expect(text(reloaded.page)).toBe(own);
      expect(state(reloaded.page).versions.map(versionText)).toContain(others);
    }
  });

  it('a version that was removed does not come back', async () => {
    const table = memoryTable();
    const one = open({ table, writer: 'one' });
    await start(one.page);
    const gone = state(one.page).current;
    one.page.actions.openText('another');
    await one.environment.leave();
    const two = open({ table, writer: 'two', previous: 'one' });
    await start(two.page);
    two.page.actions.removeVersion(gone);
    await two.environment.leave();
    const three = open({ table, writer: 'three', previous: 'two' });
    await start(three.page);
    expect(state(three.page).versions.map(versionText)).toEqual(['another']);
  });

  it.each([1, 2])('a reload in mid-run loses nothing and ends as the undisturbed run, n = %i', async (n) => {
    const options = { search: `?prompt=there+was&seed=4&max-new-tokens=60&n=${n}`, pace: 4 };
    const written = (page: Page) => [
      ids(page),
      ...state(page).continuations.map(({ tokens }) => tokens.map(({ id }) => id)),
    ];
    const whole = open({ ...options, pace: 0 });
    await start(whole.page);
    const moments = n === 1 ? [1, 5, 11, 17, 23, 29, 35, 41, 47, 53] : [3, 17, 41];
    for (const after of moments) {
      const table = memoryTable();
      // Tokens appear by frames, several at once: the run must outlast the frame in which it is looked at.
      const first = open({ ...options, pace: 20, table, writer: 'one' });
      void start(first.page);
      await until(first.page, ({ run }) => (run?.tokens ?? 0) >= after);
      await first.environment.leave();
      const before = written(first.page).flat().length;
      const second = open({ ...options, table, writer: 'two', previous: 'one', followed: true });
      const going = start(second.page);
      await until(second.page, ({ phase }) => phase === 'generating');
      expect(written(second.page).flat().length).toBeGreaterThanOrEqual(Math.min(before, 3));
      await going;
      expect(written(second.page)).toEqual(written(whole.page));
      first.page.actions.stop();
    }
  });

  it('a reload before the model is back loses no run either', async () => {
    const options = { search: '?prompt=there+was&seed=4&max-new-tokens=60', pace: 4 };
    const whole = open({ ...options, pace: 0 });
    await start(whole.page);
    const table = memoryTable();
    const first = open({ ...options, pace: 20, table, writer: 'one' });
    void start(first.page);
    await until(first.page, ({ run }) => (run?.tokens ?? 0) >= 5);
    await first.environment.leave();
    const failLoad = new VitrineError('network', 'The line is down.');
    const second = open({ ...options, table, writer: 'two', previous: 'one', followed: true, failLoad });
    await start(second.page);
    expect(state(second.page).run).toBeNull();
    await second.environment.leave();
    const third = open({ ...options, table, writer: 'three', previous: 'two', followed: true });
    await start(third.page);
    expect(ids(third.page)).toEqual(ids(whole.page));
    first.page.actions.stop();
  });

  it('saves while it writes, not only when it rests', async () => {
    const writes: unknown[] = [];
    const table = memoryTable();
    const spied = open({
      search: '?prompt=there+was&max-new-tokens=400',
      pace: 5,
      table: { ...table, setMany: async (records) => void writes.push(records) },
    });
    void start(spied.page);
    await vi.waitFor(() => expect(state(spied.page).run?.tokens).toBeGreaterThan(3), { timeout: 10_000 });
    const before = writes.length;
    await vi.waitFor(() => expect(writes.length).toBeGreaterThan(before + 1), { timeout: 10_000 });
    expect(state(spied.page).phase).toBe('generating');
    spied.page.actions.stop();
  });

  it('a model of this device’s files is asked for, and no other takes its place', async () => {
    const table = memoryTable();
    const file = new File(['{}'], 'config.json');
    Object.defineProperty(file, 'webkitRelativePath', { value: 'my-model/config.json' });
    const first = open({ table, writer: 'one' });
    await start(first.page);
    await first.page.actions.load(requestFor([file]));
    await first.environment.storage.flush();
    const second = open({ table, writer: 'two', previous: 'one' });
    await start(second.page);
    expect(state(second.page)).toMatchObject({
      phase: 'idle',
      model: null,
      request: { kind: 'files', name: 'my-model' },
    });
  });
});

describe('continuations side by side', () => {
  it('survive a new text, and undo brings them back', async () => {
    const page = await opened();
    page.actions.set({ n: 3 });
    page.actions.edit('there was');
    await page.actions.write();
    const written = state(page).continuations;
    const texts = written.map(({ tokens }) => `there was${tokens.map((token) => token.text).join('')}`);
    page.actions.startNew();
    expect(state(page).versions.map(versionText)).toEqual(expect.arrayContaining(texts));
    page.actions.undo();
    expect(state(page).continuations).toEqual(written);
    page.actions.discardContinuations();
    expect(state(page).continuations).toEqual([]);
    page.actions.undo();
    expect(state(page).continuations).toEqual(written);
  });
});

describe('a text longer than the context', () => {
  it('is scored whole, and what comes next is known where it slides', async () => {
    const page = await opened();
    page.actions.edit('there was a king '.repeat(150));
    await page.actions.scored();
    const { tokens } = currentVersion(state(page));
    expect(tokens.length).toBeGreaterThan(512);
    expect(tokens.slice(1).every((token) => Number.isFinite(token.logprob))).toBe(true);
    expect(state(page).next).toBeNull();
    page.actions.set({ overflow: 'slide' });
    await page.actions.scored();
    expect(state(page).next?.ids).toHaveLength(256);
  });
});
