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

/** The page load that this tab held before its reload; this one takes its place. Null also where storage is denied. */
function takeTab(writer: string): string | null {
  try {
    const previous = sessionStorage.getItem(tabKey);
    sessionStorage.setItem(tabKey, writer);
    return previous;
  } catch {
    return null;
  }
}

/** Storage in the browser's own database. A browser that keeps nothing starts fresh each time. */
export function browserStorage(): TabStorage {
  const writer = crypto.randomUUID();
  const storage = createTabStorage({
    table: browserTable(),
    writer,
    previous: takeTab(writer),
    now: () => Date.now(),
  });
  addEventListener('pagehide', () => void storage.flush());
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') void storage.flush();
  });
  return storage;
}
