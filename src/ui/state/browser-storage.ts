import { createStore, delMany, entries, setMany } from 'idb-keyval';
import { createTabStorage, type RecordTable, type TabStorage } from './tab-storage.ts';

const tabKey = 'vitrine-visit';

function browserTable(): RecordTable {
  const store = createStore('vitrine-texts', 'records');
  return {
    entries: () => entries<string, unknown>(store),
    setMany: (records) => setMany(records, store),
    deleteMany: (keys) => delMany(keys, store),
  };
}

/** The last page load of this tab that stored something. Null also where storage is denied. */
function previousLoad(): string | null {
  try {
    return sessionStorage.getItem(tabKey);
  } catch {
    return null;
  }
}

function takeTab(writer: string): void {
  try {
    sessionStorage.setItem(tabKey, writer);
  } catch {
    // A reload then begins with the last visit's texts.
  }
}

/** Storage in the browser's own database. A browser that keeps nothing starts fresh each time. */
export function browserStorage(): TabStorage {
  const writer = crypto.randomUUID();
  const storage = createTabStorage({
    table: browserTable(),
    writer,
    previous: previousLoad(),
    onFirstWrite: () => takeTab(writer),
    now: () => Date.now(),
  });
  addEventListener('pagehide', () => void storage.flush());
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') void storage.flush();
  });
  return storage;
}
