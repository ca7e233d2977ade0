import type { CachedModel, ExportedFile } from './types.ts';

/** Exports and imports are rare: their code is fetched when one is asked for. */
const load = () => import('./cache/export-import.ts');

/**
 * The files of a stored model plus a metadata file that identifies it; {@link importCached} reads them back.
 * Throws `not-found` when the model is not stored whole, `integrity` when a part of it is damaged.
 */
export async function* exportFiles(id: string): AsyncGenerator<ExportedFile> {
  yield* (await load()).exportFiles(id);
}

/**
 * A stored model as one tar archive of its files. Each chunk is handed to the browser as it is read, so that the
 * archive need not fit in the heap. Errors as of {@link exportFiles}.
 */
export async function exportCached(id: string): Promise<Blob> {
  return (await load()).exportCached(id);
}

/**
 * Stores the files of an exported model again. Throws `invalid-argument` when the file that names the model is not
 * among them, `integrity` when a file is not what it was, `quota` when storage is full or denied; nothing is kept then.
 */
export async function importCached(source: Blob | File[]): Promise<CachedModel> {
  return (await load()).importCached(source);
}
