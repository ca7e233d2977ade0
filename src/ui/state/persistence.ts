import { plainVersion, type RunOrigin, type TextToken, type Version } from './document.ts';
import type { SavedSteering } from './inside-types.ts';
import type { PageData } from './page-state.ts';
import { defaultSettings, type Settings } from './settings.ts';
import type { Continuation, KeptModel, LoadRequest, PendingRun } from './types.ts';

/** What a reload brings back: texts with their branches, settings, the model's name, a run that was in progress. */
export interface PersistedState {
  versions: readonly Version[];
  current: string;
  continuations: readonly Continuation[];
  settings: Settings;
  /** True where the settings came with a link: they are for that visit only. */
  visiting: boolean;
  model: KeptModel | null;
  /** Model whose tokenizer produced the ids; null for files, and where unknown. */
  idsOf: string | null;
  /** The hub it came from, where that is not the usual one. */
  hub: string | null;
  pending: PendingRun | null;
  savedSteering: readonly SavedSteering[];
}

/** The part of the state that is kept. */
export function toPersisted(state: PageData, hub: string | null): PersistedState {
  const { request } = state;
  return {
    versions: state.versions,
    current: state.current,
    continuations: state.continuations,
    settings: state.settings,
    visiting: state.visiting,
    model: request ? keptModel(request) : state.keptModel,
    idsOf: typeof state.idsOf === 'string' ? state.idsOf : null,
    hub,
    savedSteering: state.savedSteering,
    pending: pendingOf(state),
  };
}

function keptModel({ kind, name, source, server }: LoadRequest): KeptModel {
  return { kind, name, source: typeof source === 'string' ? source : null, ...(server && { server }) };
}

/** The run in progress; until the model is loaded, the one that goes on then: another reload must not lose it. */
function pendingOf({ phase, run, pending }: PageData): PendingRun | null {
  if (phase === 'generating') return run && { origin: run.origin, version: run.version };
  return phase === 'ready' ? null : pending;
}

/** What was kept as state; unusable values are left out. Ids that came from another hub's model are dropped. */
export function fromPersisted(value: unknown, hub: string | null): Partial<PageData> {
  const kept = value as Partial<PersistedState> | null;
  if (!kept || !Array.isArray(kept.versions)) return {};
  const versions = kept.versions.filter(isVersion).map(withRun);
  const last = versions.at(-1);
  if (!last) return {};
  const current = versions.some(({ id }) => id === kept.current) ? (kept.current as string) : last.id;
  // The same name on another hub may be another model.
  const idsOf = (kept.hub ?? null) === hub && typeof kept.idsOf === 'string' ? kept.idsOf : null;
  return {
    versions: idsOf === null ? versions.map(plainVersion) : versions,
    current,
    continuations: idsOf === null ? [] : (kept.continuations ?? []),
    idsOf,
    settings: { ...defaultSettings, ...kept.settings },
    visiting: kept.visiting === true,
    savedSteering: Array.isArray(kept.savedSteering) ? kept.savedSteering : [],
    keptModel: kept.hub === hub || kept.model?.kind === 'files' ? (kept.model ?? null) : null,
    pending: idsOf !== null && isRun(kept.pending?.origin) ? (kept.pending ?? null) : null,
  };
}

function isRun(value: unknown): value is RunOrigin {
  const run = value as RunOrigin | null;
  return typeof run?.from === 'number' && typeof run.seed === 'number' && typeof run.settings === 'object';
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

function withRun(version: Version): Version {
  return isRun(version.run) ? version : { ...version, run: null };
}
