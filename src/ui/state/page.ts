import type { Backend } from './backend.ts';
import { type Environment, ModelOwner, type Services } from './environment.ts';
import { decodeIds, encodeText } from './model-text.ts';
import type { PageActions } from './page-state.ts';
import { readHub } from './share.ts';
import { createPageStore, type PersistedPageStore } from './store.ts';

/** The page without its pictures: a store with everything a visitor can do. */
export interface Page {
  store: PersistedPageStore;
  /** The actions of the store, which never change. */
  actions: PageActions;
  backend: Backend;
  environment: Environment;
  hub: string | null;
  /** The text of tokens, by the loaded model's tokenizer. */
  decode(ids: number[]): string;
  /** The tokens of a text, by the loaded model's tokenizer; none for what it cannot read. */
  pieces(text: string): string[];
}

/** Makes the page's state around a backend. Nothing starts until `start` is called. */
export function createPage(backend: Backend, environment: Environment): Page {
  const hub = readHub(environment.search);
  const services: Services = { backend, environment, hub, model: new ModelOwner() };
  const store = createPageStore(services);
  store.subscribe((state, before) => {
    const moved =
      state.versions !== before.versions ||
      state.current !== before.current ||
      state.phase !== before.phase ||
      state.settings.overflow !== before.settings.overflow;
    if (!moved || state.phase !== 'ready') return;
    state.refresh();
    state.readSecond();
  });
  const { model } = services;
  const decode = (ids: number[]) => (model.current ? decodeIds(model.current, ids) : '');
  const pieces = (text: string) => {
    try {
      return model.current ? encodeText(model.current, text).pieces : [];
    } catch {
      return [];
    }
  };
  return { store, actions: store.getState(), backend, environment, hub, decode, pieces };
}
