import type { StoreApi } from 'zustand/vanilla';
import type { FinishReason, Model } from '../../engine/index.ts';
import type { Backend } from './backend.ts';
import type { Version } from './document.ts';
import type { PageState } from './types.ts';

/** Where the page keeps its session between visits. */
export interface SessionStore {
  read(): Promise<unknown>;
  write(value: unknown): Promise<void>;
}

/** What the page's state needs from outside; tests bring their own. */
export interface Surroundings {
  now(): number;
  seed(): number;
  hasWebGpu(): boolean;
  /** The query of the page's address. */
  search: string;
  session: SessionStore;
}

/** Shared by the parts of the page's state. The model stands here, not in the store: it is no plain data. */
export interface PageContext {
  store: StoreApi<PageState>;
  backend: Backend;
  around: Surroundings;
  model: Model | null;
  /** Aborts the run or the load in progress. */
  running: AbortController | null;
  loading: AbortController | null;
  /** For gated repositories; in memory alone. */
  token: string;
  /** Another hub than the usual one, or null. */
  hub: string | null;
}

export function currentVersion(state: PageState): Version {
  const found = state.versions.find((version) => version.id === state.current);
  return found ?? { id: state.current, tokens: [], tail: '' };
}

/** How the last run ended, as long as the text is the one it left. */
export function runEnd(state: PageState): FinishReason | null {
  const { finishReason, left } = state.run ?? {};
  const { id, tokens, tail } = currentVersion(state);
  const same = left?.version === id && left.tokens === tokens.length && tail === '';
  return (same && finishReason) || null;
}

/** The versions with one replaced, or added at the end. */
export function withVersion(versions: readonly Version[], version: Version): Version[] {
  const known = versions.some((other) => other.id === version.id);
  return known
    ? versions.map((other) => (other.id === version.id ? version : other))
    : [...versions, version];
}

const longestHistory = 100;

/** The state's history with the present added: what `undo` comes back to. */
export function remember(state: PageState): Pick<PageState, 'undo' | 'redo'> {
  const present = { versions: state.versions, current: state.current };
  return { undo: [...state.undo.slice(-longestHistory + 1), present], redo: [] };
}
