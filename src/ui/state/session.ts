import { createStore, get, set } from 'idb-keyval';
import type { SessionStore } from './context.ts';
import type { TextToken, Version } from './document.ts';
import { defaultSettings, type Settings } from './settings.ts';
import type { PageState } from './types.ts';

/** What a reload brings back: texts with all their branches, settings, and which model it was. */
export interface Session {
  version: 1;
  versions: readonly Version[];
  current: string;
  settings: Settings;
  /** Null for files that were dropped: the page cannot open those again by itself. */
  model: string | null;
  /** What the ids in the texts are of, as `model`; null for files, and where nobody knows. */
  idsOf: string | null;
  /** The hub it came from, where that is not the usual one. */
  hub: string | null;
}

const mostVersions = 60;

export function toSession(state: PageState, hub: string | null): Session {
  const recent = state.versions.slice(-mostVersions);
  const current = state.versions.find((version) => version.id === state.current);
  const versions = current && !recent.includes(current) ? [current, ...recent] : recent;
  const source = state.request?.source;
  const model = typeof source === 'string' ? source : null;
  const idsOf = typeof state.idsOf === 'string' ? state.idsOf : null;
  return { version: 1, versions, current: state.current, settings: state.settings, model, idsOf, hub };
}

function isToken(value: unknown): value is TextToken {
  const token = value as TextToken | null;
  return typeof token === 'object' && typeof token?.id === 'number' && typeof token.text === 'string';
}

function isVersion(value: unknown): value is Version {
  const version = value as Version | null;
  const shaped = typeof version?.id === 'string' && typeof version.tail === 'string';
  return shaped && Array.isArray(version.tokens) && version.tokens.every(isToken);
}

/** Checks what was read back; null when it is not a session this page wrote. */
export function fromSession(value: unknown): Session | null {
  const session = value as Session | null;
  if (session?.version !== 1 || !Array.isArray(session.versions)) return null;
  const versions = session.versions.filter(isVersion);
  if (versions.length === 0 || typeof session.current !== 'string') return null;
  const settings = { ...defaultSettings, ...session.settings };
  const model = typeof session.model === 'string' ? session.model : null;
  const idsOf = typeof session.idsOf === 'string' ? session.idsOf : null;
  const hub = typeof session.hub === 'string' ? session.hub : null;
  return { version: 1, versions, current: session.current, settings, model, idsOf, hub };
}

/** The session in the browser's own database. A browser that keeps nothing just starts fresh each time. */
export function browserSession(): SessionStore {
  const store = createStore('vitrine-session', 'session');
  return {
    read: () => get('session', store).catch(() => null),
    write: (value) => set('session', value, store).catch(() => {}),
  };
}
