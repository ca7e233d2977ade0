import type { CachedModel, StorageReport } from '../types.ts';
import { type Manifest, ModelStore, modelKey } from './store.ts';

/** The models in this browser's storage, newest first, unfinished downloads too. Empty where storage is denied. */
export async function listCached(): Promise<CachedModel[]> {
  const store = await ModelStore.open().catch(() => undefined);
  if (!store) return [];
  const manifests = (await store.manifests()).sort((a, b) => b.storedAt - a.storedAt);
  return Promise.all(manifests.map((manifest) => toCachedModel(store, manifest)));
}

async function toCachedModel(store: ModelStore, manifest: Manifest): Promise<CachedModel> {
  const { id, revision, complete, scope, ref, storedAt } = manifest;
  const held = await Promise.all(manifest.files.map((file) => store.storedBytes(manifest, file)));
  const current = await store.ref(scope, id, ref ?? '');
  return {
    id,
    revision,
    bytes: held.reduce((sum, bytes) => sum + bytes, 0),
    complete,
    files: manifest.files.map((file, index) => ({
      path: file.path,
      bytes: held[index] ?? 0,
      complete: file.complete,
    })),
    source: scope,
    ref,
    outdated: complete && current !== undefined && current !== revision,
    storedAt,
  };
}

/**
 * Deletes a stored model: all its revisions, or only the named one with `id@revision`.
 * Does nothing when there is no such model, or where storage is denied. Later storage errors are passed on.
 */
export async function deleteCached(id: string): Promise<void> {
  const store = await ModelStore.open().catch(() => undefined);
  if (!store) return;
  for (const manifest of await matching(store, id)) await store.dropModel(modelKey(manifest));
}

/** The stored revisions that match an id, or an id with a revision. */
export async function matching(store: ModelStore, id: string): Promise<Manifest[]> {
  const manifests = await store.manifests();
  return manifests.filter(
    (manifest) =>
      manifest.id === id ||
      `${manifest.id}@${manifest.revision}` === id ||
      (manifest.ref !== undefined && `${manifest.id}@${manifest.ref}` === id),
  );
}

/** Bytes stored by this site, its quota, and whether the storage is persistent. */
export async function storageReport(): Promise<StorageReport> {
  const storage = storageManager();
  const estimate = await storage?.estimate?.().catch(() => undefined);
  const persisted = await storage?.persisted?.().catch(() => false);
  const store = await ModelStore.open().catch(() => undefined);
  return {
    usage: estimate?.usage ?? null,
    quota: estimate?.quota ?? null,
    persisted: persisted ?? false,
    available: store !== undefined,
  };
}

/** Requests persistent storage; call it from a click handler. Resolves to true when granted. */
export async function requestPersistence(): Promise<boolean> {
  return (
    (await storageManager()
      ?.persist?.()
      .catch(() => false)) ?? false
  );
}

function storageManager(): StorageManager | undefined {
  try {
    return (globalThis.navigator as Navigator | undefined)?.storage;
  } catch {
    return undefined;
  }
}
