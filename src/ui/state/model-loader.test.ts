import { describe, expect, it } from 'vitest';
import { VitrineError } from '../../lib/index.ts';
import { type FakeBehaviour, fakeBackend } from './fake-engine.ts';
import { fakeEnvironment } from './fake-environment.ts';
import { bundledModel, requestFor } from './load-request.ts';
import { createPage } from './page.ts';
import { recover } from './recovery-actions.ts';

const other = requestFor('owner/other');

/** A page with the bundled model; the next one may be planned larger than both fit. */
async function opened(behaviour: FakeBehaviour, plannedBytes?: number) {
  const backend = fakeBackend(behaviour);
  const { planMemory } = backend;
  if (plannedBytes !== undefined)
    backend.planMemory = async (...args) => {
      const plan = await planMemory(...args);
      return { ...plan, dtypes: plan.dtypes.map((each) => ({ ...each, totalBytes: plannedBytes })) };
    };
  const page = createPage(backend, fakeEnvironment());
  await page.actions.load(requestFor(bundledModel));
  const state = () => page.store.getState();
  /** Empty where no model is loaded, on the page or behind it. */
  const decoded = () => page.decode([0]);
  return { page, state, decoded };
}

describe('a load that fails', () => {
  it('leaves the model that was there, and is what is tried again', async () => {
    const behaviour: FakeBehaviour = {};
    const { page, state, decoded } = await opened(behaviour);
    behaviour.failLoad = new VitrineError('network', 'the line is cut');
    expect(await page.actions.load(other)).toBe(false);
    expect(state()).toMatchObject({
      phase: 'ready',
      model: { id: bundledModel },
      request: { source: bundledModel },
      error: { code: 'network', modelKept: true, failed: { source: 'owner/other' } },
    });
    expect(decoded()).not.toBe('');
    behaviour.failLoad = undefined;
    recover(page, 'retry');
    await expect.poll(() => state().model?.id).toBe('owner/other');
  });

  it('leaves none where both would need too much memory', async () => {
    const behaviour: FakeBehaviour = {};
    const { page, state, decoded } = await opened(behaviour, 2 ** 31);
    behaviour.failLoad = new VitrineError('network', 'the line is cut');
    await page.actions.load(other);
    expect(state()).toMatchObject({ phase: 'idle', model: null, error: { code: 'network' } });
    expect(decoded()).toBe('');
  });
});

describe('while another model loads', () => {
  it('cancelling comes back to the one that was there', async () => {
    const { page, state } = await opened({ pace: 20 });
    const loading = page.actions.load(other);
    await expect.poll(() => state().phase).toBe('loading');
    expect(state().model).toBeNull();
    await page.actions.cancel();
    expect(await loading).toBe(false);
    expect(state()).toMatchObject({
      phase: 'ready',
      model: { id: bundledModel },
      request: { source: bundledModel },
    });
  });

  it('a third that cannot be loaded comes back to the first', async () => {
    const behaviour: FakeBehaviour = { pace: 20 };
    const { page, state } = await opened(behaviour);
    const loading = page.actions.load(other);
    await expect.poll(() => state().phase).toBe('loading');
    behaviour.failPlan = new VitrineError('not-found', 'there is no third');
    expect(await page.actions.load(requestFor('owner/third'))).toBe(false);
    expect(await loading).toBe(false);
    expect(state()).toMatchObject({
      phase: 'ready',
      model: { id: bundledModel },
      error: { modelKept: true },
    });
  });
});
