import type { Environment } from './environment.ts';
import type { PersistedState } from './persistence.ts';
import { createTabStorage, type RecordTable, type TabStorage } from './tab-storage.ts';

/** A table in memory: what a browser's database keeps, for tests. */
export function memoryTable(records = new Map<string, unknown>()): RecordTable {
  return {
    entries: async () => [...structuredClone(records)],
    setMany: async (written) => {
      for (const [key, value] of structuredClone(written)) records.set(key, value);
    },
    deleteMany: async (keys) => {
      for (const key of keys) records.delete(key);
    },
  };
}

export interface FakeEnvironment extends Environment {
  storage: TabStorage;
  /** What storage was asked to keep, latest last. */
  kept: PersistedState[];
  /** The page load ends: what is waiting is written, and nothing afterwards. */
  leave(): Promise<void>;
}

export interface FakeEnvironmentOptions {
  search?: string;
  hash?: string;
  followed?: boolean;
  table?: RecordTable;
  /** Names the page load, and the one that it continues. */
  writer?: string;
  previous?: string | null;
}

/** A browser for tests of the page's state. */
export function fakeEnvironment(options: FakeEnvironmentOptions = {}): FakeEnvironment {
  const { search = '', hash = '', table = memoryTable(), writer = 'this', previous = null } = options;
  let left = false;
  const own: RecordTable = {
    entries: table.entries,
    setMany: async (records) => (left ? undefined : table.setMany(records)),
    deleteMany: async (keys) => (left ? undefined : table.deleteMany(keys)),
  };
  const storage = createTabStorage({ table: own, writer, previous, now: () => Date.now(), everyMs: 20 });
  const kept: PersistedState[] = [];
  let followed = options.followed ?? false;
  return {
    now: () => performance.now(),
    seed: () => 7,
    hasWebGpu: () => true,
    search,
    hash,
    linkFollowed: () => followed,
    followLink() {
      followed = true;
    },
    kept,
    async leave() {
      await storage.flush();
      left = true;
    },
    storage: {
      ...storage,
      setItem(name, value) {
        kept.push(value.state);
        return storage.setItem(name, value);
      },
    },
  };
}
