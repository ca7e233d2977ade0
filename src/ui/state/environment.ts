import type { PersistStorage } from 'zustand/middleware';
import type { Model } from '../../engine/index.ts';
import type { Backend } from './backend.ts';
import type { PersistedState } from './persistence.ts';

/** What the page's state needs from the browser; tests bring their own. */
export interface Environment {
  now(): number;
  seed(): number;
  hasWebGpu(): boolean;
  /** The query and the hash of the page's address. */
  search: string;
  hash: string;
  /** True where this entry of the history has followed its link before: after a reload, or on the way back. */
  linkFollowed(): boolean;
  followLink(): void;
  /** Where texts and settings are kept between visits. */
  storage: PersistStorage<PersistedState>;
}

/** Owns the loaded model, which is no plain data: the store holds what components draw of it. */
export class ModelOwner {
  #model: Model | null = null;

  get current(): Model | null {
    return this.#model;
  }

  /** Takes over a model, or none; the one before is disposed of. */
  replace(model: Model | null): void {
    if (this.#model !== model) this.#model?.dispose();
    this.#model = model;
  }
}

/** What the slices of the store work with. */
export interface Services {
  backend: Backend;
  environment: Environment;
  model: ModelOwner;
  /** Base URL of the hub that the address names; null for the usual one. A token is sent to that hub only. */
  hub: string | null;
}
