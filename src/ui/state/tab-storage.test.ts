import { expect, it, vi } from 'vitest';
import type { PersistedState } from './persistence.ts';
import { createTabStorage, type RecordTable } from './tab-storage.ts';

function memoryTable(): RecordTable & { records: Map<string, unknown> } {
  const records = new Map<string, unknown>();
  return {
    records,
    entries: async () => [...records],
    setMany: async (some) => {
      for (const [key, value] of some) records.set(key, value);
    },
    deleteMany: async (keys) => {
      for (const key of keys) records.delete(key);
    },
  };
}

const at = (pending: unknown) => ({
  state: { versions: [], current: 'a', continuations: [], pending } as unknown as PersistedState,
});
const run = { origin: { from: 4, seed: 9 }, version: 'a' };

it('a run is stored as it begins; a page load takes the tab once it has stored something', async () => {
  const table = memoryTable();
  const onFirstWrite = vi.fn();
  const storage = createTabStorage({
    ...{ table, writer: 'two', previous: 'one', now: () => 1, onFirstWrite },
    everyMs: 60_000,
  });
  await storage.getItem('page');
  storage.setItem('page', at(null));
  await Promise.resolve();
  expect(table.records.size).toBe(0);
  expect(onFirstWrite).not.toHaveBeenCalled();
  storage.setItem('page', at(run));
  await vi.waitFor(() => expect(onFirstWrite).toHaveBeenCalledTimes(1));
  expect(table.records.get('visit:two')).toMatchObject({ state: { pending: run } });
  storage.setItem('page', at(null));
  await storage.flush();
  expect(onFirstWrite).toHaveBeenCalledTimes(1);
});
