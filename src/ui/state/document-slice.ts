import { editText, newVersionId, typedVersion, type Version, versionText } from './document.ts';
import type { DocumentActions, DocumentData, PageState } from './page-state.ts';
import { currentVersion } from './selectors.ts';
import type { Slice } from './slice.ts';
import type { Moment } from './types.ts';

export function initialDocument(): DocumentData {
  const version = typedVersion('');
  return { versions: [version], current: version.id, idsOf: null, continuations: [], past: [], future: [] };
}

/** The versions with one replaced, or added at the end. */
export function withVersion(versions: readonly Version[], version: Version): Version[] {
  const known = versions.some((other) => other.id === version.id);
  return known
    ? versions.map((other) => (other.id === version.id ? version : other))
    : [...versions, version];
}

const longestHistory = 100;

function present(state: DocumentData): Moment {
  return { versions: state.versions, current: state.current, continuations: state.continuations };
}

/** The history with the present added: what `undo` comes back to. */
export function remember(state: DocumentData): Pick<DocumentData, 'past' | 'future'> {
  return { past: [...state.past.slice(-longestHistory + 1), present(state)], future: [] };
}

/** Each continuation on screen as a version of its own. */
function asVersions(state: DocumentData): Version[] {
  const base = currentVersion(state);
  return state.continuations.map(({ sequence, tokens }) => ({
    id: newVersionId(),
    tokens: [...base.tokens, ...tokens],
    tail: '',
    run: base.run && { ...base.run, sequence },
  }));
}

/** The versions with the continuations on screen among them, so that none is lost when the visitor goes elsewhere. */
export function keepAll(state: DocumentData, made = asVersions(state)): readonly Version[] {
  if (made.length === 0) return state.versions;
  // What they all begin with is in each of them.
  return [...state.versions.filter((version) => version.id !== state.current), ...made];
}

/** Shows another version; continuations that were on screen become versions. */
export function openVersion(
  state: DocumentData,
  version: Version,
): Partial<DocumentData> & { inspected: null } {
  const versions = withVersion(keepAll(state), version);
  return { ...remember(state), versions, continuations: [], current: version.id, inspected: null };
}

function travel(state: DocumentData, from: 'past' | 'future', to: 'past' | 'future') {
  const moment = state[from].at(-1);
  if (!moment) return {};
  const rest = { [from]: state[from].slice(0, -1), [to]: [...state[to], present(state)] };
  return { ...moment, ...rest, inspected: null, error: null };
}

/** One step back undoes a burst of typing, but nothing that happened between two bursts. */
const burstMs = 1000;

/** The version after an edit. Cutting written text off makes a branch, so that it stays in the tree. */
function afterEdit(before: Version, edited: Version): Version {
  const lost = before.tokens.slice(edited.tokens.length).some((token) => token.origin !== 'you');
  return lost ? { ...edited, id: newVersionId() } : edited;
}

export const createDocumentSlice: Slice<DocumentData & DocumentActions> =
  ({ environment }) =>
  (set, get) => {
    let lastEdit = Number.NEGATIVE_INFINITY;
    let history: DocumentData['past'] | null = null;
    const still = () => get().phase !== 'generating';
    const whenStill = (change: (state: PageState) => Partial<PageState>) => {
      if (still()) set(change);
    };
    return {
      ...initialDocument(),
      edit(text) {
        const state = get();
        const before = currentVersion(state);
        const edited = editText(before, text);
        if (edited === before || !still()) return;
        const now = environment.now();
        const burst = now - lastEdit <= burstMs && history === state.past;
        lastEdit = now;
        set({ ...openVersion(state, afterEdit(before, edited)), ...(burst ? { past: state.past } : {}) });
        history = get().past;
      },
      goTo: (versionId) =>
        whenStill((state) => {
          const version = state.versions.find(({ id }) => id === versionId);
          return version ? openVersion(state, version) : {};
        }),
      removeVersion: (versionId) => whenStill((state) => removeVersion(state, versionId)),
      startNew: () =>
        whenStill((state) => {
          const written = versionText(currentVersion(state)) !== '' || state.continuations.length > 0;
          return written ? { ...openVersion(state, typedVersion('')), error: null } : {};
        }),
      openText: (text) => whenStill((state) => ({ ...openVersion(state, typedVersion(text)), error: null })),
      keepContinuation: (sequence) => set((state) => keepContinuation(state, sequence)),
      discardContinuations: () => set((state) => ({ ...remember(state), continuations: [] })),
      undo: () => whenStill((state) => travel(state, 'past', 'future')),
      redo: () => whenStill((state) => travel(state, 'future', 'past')),
    };
  };

function removeVersion(state: DocumentData, versionId: string) {
  const versions = state.versions.filter((version) => version.id !== versionId);
  const next = versions.at(-1);
  if (!next) return {};
  const current = state.current === versionId ? next.id : state.current;
  return { ...remember(state), versions, current, inspected: null };
}

function keepContinuation(state: DocumentData, sequence: number) {
  const made = asVersions(state);
  const chosen = made[state.continuations.findIndex((one) => one.sequence === sequence)];
  if (!chosen) return {};
  const versions = keepAll(state, made);
  return { ...remember(state), versions, continuations: [], current: chosen.id, inspected: null };
}
