import { describe, expect, it } from 'vitest';
import { VitrineError } from '../../lib/index.ts';
import { versionText } from './document.ts';
import { errorView } from './error-messages.ts';
import { type FakeBehaviour, fakeBackend } from './fake-engine.ts';
import { type FakeEnvironmentOptions, fakeEnvironment, memoryTable } from './fake-environment.ts';
import { bundledModel, requestFor } from './load-request.ts';
import { tokenize } from './model-text.ts';
import { createPage, type Page } from './page.ts';
import { currentVersion } from './selectors.ts';
import { requestForServer } from './server-model.ts';
import { sharedOf } from './share.ts';
import { start } from './start.ts';

const address = { baseUrl: 'http://127.0.0.1:8000/v1', model: 'big', tokenizer: 'owner/big' };
const key = 'sk-secret';

function open(opening: FakeBehaviour & FakeEnvironmentOptions = {}) {
  const environment = fakeEnvironment(opening);
  const backend = fakeBackend(opening);
  const asked: unknown[] = [];
  const { connect } = backend;
  backend.connect = async (options) => {
    asked.push(options);
    const model = await connect(options);
    const { generate } = model;
    const refuse = (name: string) => () => Promise.reject(new Error(`${name} was sent to a server`));
    return Object.assign(model, {
      score: refuse('score'),
      logits: refuse('logits'),
      generate(prompt: string | number[], generation: object = {}) {
        asked.push({ ...generation });
        return generate(prompt, generation);
      },
    });
  };
  return { page: createPage(backend, environment), environment, asked };
}

const state = (page: Page) => page.store.getState();

async function connected() {
  const opened = open();
  opened.page.actions.setServerKey(key);
  await opened.page.actions.load(requestForServer(address));
  return opened;
}

describe('a model on a server', () => {
  it('writes with the options that the server has, and nothing else is asked of it', async () => {
    const { page, asked } = await connected();
    expect(asked[0]).toMatchObject({ ...address, apiKey: key });
    expect(state(page).model).toMatchObject({ id: 'big', card: null, adapter: null });
    page.actions.edit('there was');
    page.actions.set({ maxNewTokens: 4, topK: 40, topP: 0.9, eos: false });
    await page.actions.write();
    await page.actions.scored();
    expect(await page.actions.scoreText()).toBeNull();
    expect(state(page).error).toBeNull();
    expect(versionText(currentVersion(state(page)))).toMatch(/^there was .+/);
    expect(asked[1]).toMatchObject({ topP: 0.9, maxNewTokens: 4, logprobs: 10 });
    for (const name of ['topK', 'eos', 'overflow']) expect(asked[1]).not.toHaveProperty(name);
    expect(asked).toHaveLength(2);
  });

  it('cannot be named by a link, and its key is kept nowhere', async () => {
    const { page, environment } = await connected();
    page.actions.edit('there was');
    await environment.storage.flush();
    expect(sharedOf(state(page))).toBeNull();
    expect(environment.kept.at(-1)?.model).toMatchObject({ kind: 'server', server: address });
    expect(JSON.stringify(environment.kept)).not.toContain(key);
  });

  it('is not connected to again by a reload, but offered', async () => {
    const table = memoryTable();
    const before = open({ table, writer: 'before' });
    await start(before.page);
    await before.page.actions.load(requestForServer(address));
    before.page.actions.edit('there was');
    await before.environment.leave();
    const after = open({ table, previous: 'before' });
    await start(after.page);
    expect(state(after.page)).toMatchObject({ phase: 'idle', request: { kind: 'server', server: address } });
    expect(after.asked).toEqual([]);
  });

  it('leaves the loaded model where it cannot be reached, with a title of its own', async () => {
    const { page } = open({ failLoad: undefined });
    await page.actions.load(requestFor(bundledModel));
    page.backend.connect = () => Promise.reject(new VitrineError('integrity', 'It is wrong.'));
    await page.actions.load(requestForServer(address));
    const { error, request, model } = state(page);
    expect(model?.id).toBe(bundledModel);
    expect(error).toMatchObject({ code: 'integrity', modelKept: true });
    const view = errorView(error as NonNullable<typeof error>, request);
    expect(view.title).toMatch(/server/);
    expect(view.actions).not.toContain('clean');
  });

  it('may write tokens without ids: they are text again, and get ids of the tokenizer', async () => {
    const { page } = await connected();
    page.actions.edit('there was');
    const model = await page.backend.connect(address);
    const { id, tokens } = tokenize(currentVersion(state(page)), model);
    const unknown = [...tokens, { ...(tokens[0] as (typeof tokens)[0]), id: -1, text: ' there' }];
    const version = tokenize({ id, tokens: unknown, tail: ' was', run: null }, model);
    expect(versionText(version)).toBe('there was there was');
    expect(version.tail).toBe('');
    expect(version.tokens.every((token) => token.id >= 0)).toBe(true);
  });
});
