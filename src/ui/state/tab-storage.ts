import type { PersistStorage, StorageValue } from 'zustand/middleware';
import type { Version } from './document.ts';
import type { PersistedState } from './persistence.ts';

/** A table of records, such as an IndexedDB object store. */
export interface RecordTable {
  entries(): Promise<[string, unknown][]>;
  setMany(records: [string, unknown][]): Promise<void>;
  deleteMany(keys: string[]): Promise<void>;
}

/** One version as one visit wrote it. */
interface VersionRecord {
  kind: 'version';
  writer: string;
  savedAt: number;
  idsOf: string | null;
  version: Version;
}

/** Everything of a visit except its texts. */
interface VisitRecord {
  kind: 'visit';
  writer: string;
  savedAt: number;
  state: Omit<PersistedState, 'versions'>;
}

type AnyRecord = VersionRecord | VisitRecord;

export interface TabStorageOptions {
  table: RecordTable;
  /** This page load. No other writes records under this name. */
  writer: string;
  /** The page load that this one continues (the same tab before its reload), or null. */
  previous: string | null;
  now(): number;
  /** Called once, when the first records of this page load are stored: until then a reload continues `previous`. */
  onFirstWrite?(): void;
  /** Milliseconds between writes while the state keeps changing. */
  everyMs?: number;
}

/** `PersistStorage` of one tab, with a way to write at once. */
export interface TabStorage extends PersistStorage<PersistedState> {
  /** Writes what has changed since the last write; for `pagehide`. */
  flush(): Promise<void>;
}

const mostVersions = 60;
const mostVisits = 10;

const versionKey = (id: string, writer: string) => `version:${id}:${writer}`;
const visitKey = (writer: string) => `visit:${writer}`;

/**
 * Keeps each version as a record of its own under the page load that wrote it, so that tabs never overwrite one
 * another: a reload finds its own texts as they were, and those of other tabs beside them.
 */
export function createTabStorage(options: TabStorageOptions): TabStorage {
  const { table, writer, previous, everyMs = 400 } = options;
  const saver = new Saver(options);
  let waiting: PersistedState | null = null;
  let read = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running = false;

  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const state = waiting;
    waiting = null;
    if (state) await saver.save(state);
  }

  return {
    flush,
    async getItem() {
      const found = readRecords(await table.entries().catch(() => []));
      const state = assemble(found, previous ?? writer);
      saver.remember(found, state);
      read = true;
      return state && { state, version: 2 };
    },
    // Called with every change of the state: the first waits a moment, and those meanwhile go with it. The beginning of a
    // run does not wait: a browser may not finish what a page writes as it goes away.
    setItem(_name, { state }: StorageValue<PersistedState>) {
      // What the page holds before it has read is empty.
      if (!read) return;
      waiting = state;
      const begins = !running && state.pending !== null;
      running = state.pending !== null;
      if (begins) void flush();
      else timer ??= setTimeout(() => void flush(), everyMs);
    },
    removeItem: () => undefined,
  };
}

function readRecords(entries: [string, unknown][]): AnyRecord[] {
  const shaped = (value: unknown): value is AnyRecord => {
    const record = value as AnyRecord | null;
    return (record?.kind === 'version' || record?.kind === 'visit') && typeof record.savedAt === 'number';
  };
  const records = entries.map(([, value]) => value).filter(shaped);
  return records.sort((a, b) => a.savedAt - b.savedAt);
}

const isVisit = (record: AnyRecord): record is VisitRecord => record.kind === 'visit';
const isText = (record: AnyRecord): record is VersionRecord => record.kind === 'version';

/** The state of the tab that `writer` names, or of the last visit, with the texts of all others. */
function assemble(records: readonly AnyRecord[], writer: string): PersistedState | null {
  const visits = records.filter(isVisit);
  const own = visits.findLast((visit) => visit.writer === writer);
  const visit = own ?? visits.at(-1);
  if (!visit) return null;
  // Settings of a link are for its own visit.
  const usual = own ?? visits.findLast(({ state }) => !state.visiting);
  const settings = usual?.state.settings ?? ({} as PersistedState['settings']);
  const pending = own?.state.pending ?? null;
  const versions = mergeVersions(records.filter(isText), visit);
  return { ...visit.state, settings, visiting: own?.state.visiting ?? false, pending, versions };
}

/** One version per id: the visit's own where it has one, else the newest. Others of another text get ids of their own. */
function mergeVersions(records: readonly VersionRecord[], visit: VisitRecord): Version[] {
  const merged = new Map<string, Version>();
  const chosen = new Map<string, VersionRecord>();
  for (const record of records) {
    const before = chosen.get(record.version.id);
    if (!before || before.writer !== visit.writer) chosen.set(record.version.id, record);
  }
  for (const record of records) {
    const { version, writer, idsOf } = record;
    const id = chosen.get(version.id) === record ? version.id : `${version.id}~${writer}`;
    const words = version.tokens.map((token) => token.text).join('') + version.tail;
    const same = idsOf === visit.state.idsOf;
    // Ids of another model mean other tokens.
    const readable = same ? version : { ...version, tokens: [], tail: words, run: null };
    if (words !== '' || id === visit.state.current) merged.set(id, { ...readable, id });
  }
  return [...merged.values()];
}

/** Writes the records that changed, and removes those that are no longer needed. */
class Saver {
  readonly #options: TabStorageOptions;
  /** Versions as they were last read or written, by id. */
  #known = new Map<string, Version>();
  /** Keys of records of other visits, by the id that their version has here. */
  #others = new Map<string, string>();
  #first = true;

  constructor(options: TabStorageOptions) {
    this.#options = options;
  }

  readonly #written = () => {
    if (this.#first) this.#options.onFirstWrite?.();
    this.#first = false;
  };

  remember(records: readonly AnyRecord[], state: PersistedState | null): void {
    const texts = records.filter(isText);
    for (const version of state?.versions ?? []) {
      this.#known.set(version.id, version);
      const [id, other] = version.id.split('~');
      const record = texts.findLast(
        ({ version: kept, writer }) => kept.id === id && (other ? writer === other : true),
      );
      if (record) this.#others.set(version.id, versionKey(record.version.id, record.writer));
    }
    void this.#prune(records);
  }

  async save(state: PersistedState): Promise<void> {
    const { table, writer, now } = this.#options;
    const { versions, ...visit } = state;
    const savedAt = now();
    const changed = versions.filter((version) => this.#known.get(version.id) !== version);
    const present = new Set(versions.map(({ id }) => id));
    const gone = [...this.#known.keys()].filter((id) => !present.has(id));
    this.#known = new Map(versions.map((version) => [version.id, version]));
    const records: [string, AnyRecord][] = changed.map((version) => {
      const record: VersionRecord = { kind: 'version', writer, savedAt, idsOf: state.idsOf, version };
      return [versionKey(version.id, writer), record];
    });
    records.push([visitKey(writer), { kind: 'visit', writer, savedAt, state: visit }]);
    await table.setMany(records).then(this.#written, () => {});
    const stale = [...gone, ...changed.map(({ id }) => id)].flatMap((id) => this.#others.get(id) ?? []);
    const own = gone.map((id) => versionKey(id, writer));
    for (const id of [...gone, ...changed.map((version) => version.id)]) this.#others.delete(id);
    const written = new Set(records.map(([key]) => key));
    const keys = [...stale, ...own].filter((key) => !written.has(key));
    if (keys.length > 0) await table.deleteMany(keys).catch(() => {});
  }

  /** The oldest texts and visits make room for new ones. */
  async #prune(records: readonly AnyRecord[]): Promise<void> {
    const visits = records.filter(isVisit);
    const shown = new Set(visits.slice(-mostVisits).map(({ state }) => state.current));
    const texts = records.filter(isText).filter(({ version }) => !shown.has(version.id));
    const keys = [
      ...visits.slice(0, -mostVisits).map((visit) => visitKey(visit.writer)),
      ...texts.slice(0, -mostVersions).map(({ version, writer }) => versionKey(version.id, writer)),
    ];
    if (keys.length > 0) await this.#options.table.deleteMany(keys).catch(() => {});
  }
}
