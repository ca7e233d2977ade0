import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Inspection, MemoryPlan, Model, ModelSource, TokenAlternative } from '../../engine/index.ts';
import type { Backend } from './backend.ts';
import { currentVersion, type PageContext, remember, type Surroundings, withVersion } from './context.ts';
import { branchAt, editText, newVersionId, versionText } from './document.ts';
import { debounce } from './frames.ts';
import { createLoading, hubOptions, type Loading } from './loading.ts';
import { createReading, type Reading } from './reading.ts';
import { toSession } from './session.ts';
import { defaultSettings, type Settings } from './settings.ts';
import { readHub } from './share.ts';
import { toPageError } from './troubles.ts';
import type { Dialog, PageError, PageState } from './types.ts';
import { createWriting, type Writing } from './writing.ts';

export interface PageActions extends Writing, Loading, Omit<Reading, 'refresh'> {
  edit(text: string): void;
  /** Puts another token at this place and goes on writing from there. */
  branch(index: number, choice: TokenAlternative): Promise<void>;
  goTo(versionId: string): void;
  removeVersion(versionId: string): void;
  fresh(): void;
  undo(): void;
  redo(): void;
  set(settings: Partial<Settings>): void;
  show(dialog: Dialog): void;
  fail(error: PageError | null): void;
  dropTakes(): void;
  setToken(token: string): void;
  /** What a model would need here, with this page's hub and token. */
  plan(source: ModelSource, signal: AbortSignal): Promise<MemoryPlan>;
  /** Attention and logit lens over these tokens; null when it failed, and the page says why. */
  inside(ids: number[]): Promise<Inspection | null>;
  /** Compares this device with stored reference logits. */
  check(): Promise<void>;
}

/** The page without its pictures: a store, and everything a visitor can do. */
export interface Page {
  store: StoreApi<PageState>;
  backend: Backend;
  around: Surroundings;
  actions: PageActions;
  /** The loaded model, for what is asked of it directly (decode, logits). */
  model(): Model | null;
  token(): string;
  /** Base URL of the hub the address names; null for the usual one. A token goes there alone. */
  hub: string | null;
}

export function initialState(): PageState {
  const id = newVersionId();
  return {
    phase: 'starting',
    model: null,
    request: null,
    progress: null,
    notice: null,
    fallback: null,
    error: null,
    versions: [{ id, tokens: [], tail: '' }],
    current: id,
    idsOf: null,
    undo: [],
    redo: [],
    settings: defaultSettings,
    takes: [],
    run: null,
    inspected: null,
    next: null,
    dialog: null,
    selfCheck: { running: false, report: null },
    online: true,
  };
}

function editing(page: PageContext) {
  const { store } = page;
  let lastEdit = Number.NEGATIVE_INFINITY;
  let history: PageState['undo'] | null = null;
  const still = () => store.getState().phase !== 'generating';
  return {
    edit(text: string) {
      const state = store.getState();
      const before = currentVersion(state);
      const edited = editText(before, text);
      if (edited === before || !still()) return;
      const now = page.around.now();
      // One step back undoes a burst of typing, but nothing that happened between two bursts.
      const burst = now - lastEdit <= 1000 && history === state.undo;
      const past = burst ? {} : remember(state);
      lastEdit = now;
      // Cutting written text off makes a branch: what was written stays in the tree.
      const lost = before.tokens.slice(edited.tokens.length).some((token) => token.origin !== 'you');
      const version = lost ? { ...edited, id: newVersionId() } : edited;
      const versions = withVersion(state.versions, version);
      store.setState({ ...past, versions, current: version.id, inspected: null, takes: [] });
      history = store.getState().undo;
    },
    goTo(versionId: string) {
      if (still())
        store.setState((s) => ({ ...remember(s), current: versionId, inspected: null, takes: [] }));
    },
    removeVersion(versionId: string) {
      store.setState((state) => {
        const versions = state.versions.filter((version) => version.id !== versionId);
        const next = versions.at(-1);
        if (!next || !still()) return {};
        const current = state.current === versionId ? next.id : state.current;
        return { ...remember(state), versions, current, inspected: null };
      });
    },
    fresh() {
      const version = { id: newVersionId(), tokens: [], tail: '' };
      store.setState((state) => {
        if (!still() || versionText(currentVersion(state)) === '') return {};
        const versions = [...state.versions, version];
        return { ...remember(state), versions, current: version.id, inspected: null, takes: [], error: null };
      });
    },
    undo: () => still() && store.setState((state) => travel(state, 'undo', 'redo')),
    redo: () => still() && store.setState((state) => travel(state, 'redo', 'undo')),
  };
}

function travel(state: PageState, from: 'undo' | 'redo', to: 'undo' | 'redo'): Partial<PageState> {
  const moment = state[from].at(-1);
  if (!moment) return {};
  const present = { versions: state.versions, current: state.current };
  return {
    ...moment,
    [from]: state[from].slice(0, -1),
    [to]: [...state[to], present],
    inspected: null,
    takes: [],
    error: null,
  };
}

async function lookInside(page: PageContext, ids: number[]): Promise<Inspection | null> {
  try {
    return (await page.model?.inspect(ids, { attention: true, logitLens: { top: 1 } })) ?? null;
  } catch (error) {
    page.store.setState({ error: toPageError(error, 'score') });
    return null;
  }
}

async function selfCheck(page: PageContext): Promise<void> {
  const { store, backend } = page;
  if (store.getState().selfCheck.running) return;
  store.setState({ selfCheck: { running: true, report: null } });
  try {
    const cpu = store.getState().request?.backend === 'cpu';
    const report = await backend.selfCheck({ backend: cpu ? 'cpu' : 'auto' });
    store.setState({ selfCheck: { running: false, report } });
  } catch (error) {
    store.setState({ selfCheck: { running: false, report: null }, error: toPageError(error, 'check') });
  }
}

/** Makes the page's state around a backend. Nothing starts until `start` is called. */
export function createPage(backend: Backend, around: Surroundings): Page {
  const store = createStore<PageState>(() => initialState());
  const page: PageContext = {
    store,
    backend,
    around,
    model: null,
    running: null,
    loading: null,
    token: '',
    hub: readHub(around.search),
  };
  const writing = createWriting(page);
  const reading = createReading(page);
  const save = debounce(400, () => void around.session.write(toSession(store.getState(), page.hub)));

  store.subscribe((state, before) => {
    const moved = state.versions !== before.versions || state.current !== before.current;
    if (moved || state.settings !== before.settings || state.request !== before.request) save();
    if (moved || state.phase !== before.phase) if (state.phase === 'ready') reading.refresh();
  });

  const actions: PageActions = {
    ...writing,
    ...createLoading(page),
    ...editing(page),
    inspect: reading.inspect,
    async branch(index, choice) {
      const state = store.getState();
      if (state.phase !== 'ready') return;
      const version = branchAt(currentVersion(state), index, choice);
      const versions = [...state.versions, version];
      store.setState({ ...remember(state), versions, current: version.id, inspected: null, takes: [] });
      await writing.write();
    },
    set: (settings) => store.setState((state) => ({ settings: { ...state.settings, ...settings } })),
    show: (dialog) => store.setState({ dialog }),
    fail: (error) => store.setState({ error }),
    dropTakes: () => store.setState({ takes: [] }),
    setToken(token) {
      page.token = token;
    },
    plan: (source, signal) => backend.planMemory(source, { ...hubOptions(page), signal }),
    inside: (ids) => lookInside(page, ids),
    check: () => selfCheck(page),
  };
  return { store, backend, around, actions, model: () => page.model, token: () => page.token, hub: page.hub };
}
