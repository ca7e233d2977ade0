import { digestOf, toHex } from './digest.ts';

/**
 * Chunks in files of the origin private file system: a folder for each model, in it a file for each of its files, in
 * which a chunk lies where it does in the original. A worker writes them five times as fast as into IndexedDB.
 */
const rootName = 'vitrine-models';

/** What a worker's FileSystemFileHandle has and the types of a page lack. */
export interface SyncAccessHandle {
  read(bytes: Uint8Array, options: { at: number }): number;
  write(bytes: Uint8Array, options: { at: number }): number;
  close(): void;
}

type FileHandle = FileSystemFileHandle & {
  createSyncAccessHandle?(options?: { mode: 'read-only' }): Promise<SyncAccessHandle>;
};
type Folder = FileSystemDirectoryHandle & { keys(): AsyncIterable<string> };

/** A name for any text: keys hold slashes, and names of files must be short. */
async function nameOf(text: string): Promise<string> {
  return toHex(await digestOf(new TextEncoder().encode(text))).slice(0, 40);
}

/** @throws where this origin may store nothing, or the folder is not there and `create` is false */
async function rootFolder(create: boolean): Promise<Folder> {
  const origin = await navigator.storage.getDirectory();
  return (await origin.getDirectoryHandle(rootName, { create })) as Folder;
}

async function fileHandle(model: string, path: string, create: boolean): Promise<FileHandle> {
  const root = await rootFolder(create);
  const folder = await root.getDirectoryHandle(await nameOf(model), { create });
  return folder.getFileHandle(await nameOf(path), { create });
}

/** Whether this thread can write chunk files: a worker's can, where the browser lets the page store anything. */
export async function canWriteChunkFiles(): Promise<boolean> {
  try {
    const { FileSystemFileHandle: handle } = globalThis as { FileSystemFileHandle?: { prototype: object } };
    if (!handle || !('createSyncAccessHandle' in handle.prototype)) return false;
    await rootFolder(true);
    return true;
  } catch {
    return false;
  }
}

const lockedTries = 10;
const lockedMs = 100;

/** Opens a file for writing. The one who wrote it last may have been closed a moment ago: its lock ends soon. */
export async function openChunkFile(model: string, path: string): Promise<SyncAccessHandle> {
  const file = await fileHandle(model, path, true);
  for (let tries = 1; ; tries++)
    try {
      const handle = await file.createSyncAccessHandle?.();
      if (handle) return handle;
      throw new DOMException('No synchronous access to files in this thread.', 'NotSupportedError');
    } catch (error) {
      const locked = error instanceof DOMException && error.name === 'NoModificationAllowedError';
      if (!locked || tries === lockedTries) throw error;
      await new Promise((resolve) => setTimeout(resolve, lockedMs));
    }
}

/**
 * Opens a file for reading in a worker.
 * @throws where it is missing, or another tab has it open and the browser lets one alone have it
 */
export async function openToRead(model: string, path: string): Promise<SyncAccessHandle> {
  const file = await fileHandle(model, path, false);
  const handle = await file.createSyncAccessHandle?.({ mode: 'read-only' });
  if (handle) return handle;
  throw new DOMException('No synchronous access to files in this thread.', 'NotSupportedError');
}

/** The bytes [begin, end) of a file, from any thread; undefined where it is missing or shorter. */
export async function readChunkFile(
  model: string,
  path: string,
  begin: number,
  end: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    // Opened anew for each chunk: what is written after a file was opened makes the rest of it unreadable.
    const file = await (await fileHandle(model, path, false)).getFile();
    const bytes = new Uint8Array(await file.slice(begin, end).arrayBuffer());
    return bytes.length === end - begin ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/** Deletes the files of a model, or one of them. What another tab is writing stays until {@link sweepChunkFiles}. */
export async function dropChunkFiles(model: string, path?: string): Promise<void> {
  try {
    const root = await rootFolder(false);
    const name = await nameOf(model);
    if (path === undefined) await root.removeEntry(name, { recursive: true });
    else await (await root.getDirectoryHandle(name)).removeEntry(await nameOf(path));
  } catch {
    // There are none.
  }
}

/** Deletes the files of models that are no longer listed. `models` is asked for after the folders have been seen. */
export async function sweepChunkFiles(models: () => Promise<readonly string[]>): Promise<void> {
  try {
    const root = await rootFolder(false);
    const folders: string[] = [];
    for await (const name of root.keys()) folders.push(name);
    const kept = new Set(await Promise.all((await models()).map(nameOf)));
    for (const name of folders)
      if (!kept.has(name)) await root.removeEntry(name, { recursive: true }).catch(() => undefined);
  } catch {
    // There are none.
  }
}
