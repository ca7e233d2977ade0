import { VitrineError } from '../../lib/index.ts';
import { verifyKnown } from '../repositories/verify-known.ts';
import type { CachedModel, ExportedFile } from '../types.ts';
import { matching } from './cached-models.ts';
import { digestOf, sameBytes, toHex } from './digest.ts';
import { chunkLength, type Manifest, ModelStore, modelKey, type StoredFileRecord } from './store.ts';
import { readTar, tarEnd, tarHeader, tarPadding } from './tar.ts';

/** Name of the metadata file that identifies an exported model. */
const labelName = 'vitrine-model.json';

/**
 * The files of a stored model plus a metadata file that identifies it; `importCached` reads them back.
 * Throws `not-found` when the model is not stored whole, `integrity` when a part of it is damaged.
 */
export async function* exportFiles(id: string): AsyncGenerator<ExportedFile> {
  const store = await ModelStore.open().catch(() => undefined);
  const manifest = store && (await matching(store, id)).find((one) => one.complete);
  if (!manifest)
    throw new VitrineError('not-found', `${id} is not stored whole: load it first, then export it.`);
  const part = manifest.files.find((file) => file.chunks !== undefined);
  if (part)
    throw new VitrineError(
      'unsupported-format',
      `Only a part of ${part.path} is stored, as the rest of it is no part of the model: export the file itself.`,
    );
  const label = new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`);
  yield { path: labelName, bytes: label.length, stream: () => streamOf(async () => label, 1) };
  for (const file of manifest.files) {
    const digests = await store.digests(modelKey(manifest), file.path);
    const read = (index: number) => readChecked(store, manifest, file, digests, index);
    const count = Math.ceil(file.bytes / file.chunkBytes);
    yield { path: file.path, bytes: file.bytes, stream: () => streamOf(read, count) };
  }
}

async function readChecked(
  store: ModelStore,
  manifest: Manifest,
  file: StoredFileRecord,
  digests: Map<number, Uint8Array<ArrayBuffer>>,
  index: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await store.chunk(modelKey(manifest), file, index);
  const expected = digests.get(index);
  if (bytes && expected && sameBytes(await digestOf(bytes), expected)) return bytes;
  throw new VitrineError(
    'integrity',
    `A part of ${manifest.id}/${file.path} is damaged in storage. Load the model once, which repairs it, then export it.`,
  );
}

function streamOf(
  read: (index: number) => Promise<Uint8Array<ArrayBuffer>>,
  count: number,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let index = 0;
  return new ReadableStream({
    async pull(controller) {
      if (index >= count) return controller.close();
      controller.enqueue(await read(index++));
    },
  });
}

/**
 * A stored model as one tar archive of its files. Each chunk is handed to the browser as it is read, so that the
 * archive need not fit in the heap. Errors as of {@link exportFiles}.
 */
export async function exportCached(id: string): Promise<Blob> {
  const parts: Blob[] = [];
  for await (const file of exportFiles(id)) {
    parts.push(new Blob([tarHeader(file.path, file.bytes)]));
    const reader = file.stream().getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read())
      parts.push(new Blob([next.value]));
    parts.push(new Blob([tarPadding(file.bytes)]));
  }
  parts.push(new Blob([tarEnd()]));
  return new Blob(parts, { type: 'application/x-tar' });
}

/**
 * Stores the files of an exported model again. Throws `invalid-argument` when the file that names the model is not
 * among them, `integrity` when a file is not what it was, `quota` when storage is full or denied; nothing is kept then.
 */
export async function importCached(source: Blob | File[]): Promise<CachedModel> {
  const files =
    source instanceof Blob ? await readTar(source) : new Map(source.map((file) => [pathOf(file), file]));
  const manifest = await readLabel(files);
  const store = await ModelStore.open().catch((cause: unknown) => {
    throw new VitrineError('quota', 'This page may not store data here, so a model cannot be imported.', {
      cause,
    });
  });
  await importFiles(store, manifest, files);
  const { id, revision, scope, ref, storedAt } = manifest;
  await store.putRef(scope, id, ref ?? '', revision);
  const listed = manifest.files.map(({ path, bytes }) => ({ path, bytes, complete: true }));
  const bytes = listed.reduce((sum, file) => sum + file.bytes, 0);
  return {
    id,
    revision,
    bytes,
    complete: true,
    files: listed,
    source: scope,
    ref,
    outdated: false,
    storedAt,
  };
}

/** Stores all files, or none. */
async function importFiles(
  store: ModelStore,
  manifest: Manifest,
  files: ReadonlyMap<string, Blob>,
): Promise<void> {
  const key = modelKey(manifest);
  await store.putManifest(manifest);
  try {
    for (const record of manifest.files) await importFile(store, key, record, files);
  } catch (cause) {
    await store.dropModel(key);
    if (cause instanceof VitrineError) throw cause;
    throw new VitrineError(
      'quota',
      `${manifest.id} could not be stored: free some space and import it again.`,
      { cause },
    );
  }
  manifest.complete = true;
  await store.putManifest(manifest);
}

async function importFile(
  store: ModelStore,
  key: string,
  record: StoredFileRecord,
  files: ReadonlyMap<string, Blob>,
): Promise<void> {
  const file = files.get(record.path);
  if (file?.size !== record.bytes)
    throw new VitrineError(
      'integrity',
      `${record.path} is missing or of another size than when it was exported.`,
    );
  const { startHash } = await import('./hash.ts');
  const hash = startHash();
  for (let index = 0; index * record.chunkBytes < record.bytes; index++) {
    const begin = index * record.chunkBytes;
    const part = file.slice(begin, begin + chunkLength(record, index));
    const bytes = new Uint8Array(await part.arrayBuffer());
    hash.update(bytes);
    await store.putChunk(key, record.path, index, bytes, await digestOf(bytes));
  }
  if (toHex(hash.digest()) !== record.sha256)
    throw new VitrineError('integrity', `${record.path} is not the file that was exported.`);
  record.complete = true;
}

function pathOf(file: File): string {
  return file.webkitRelativePath.split('/').slice(1).join('/') || file.name;
}

async function readLabel(files: ReadonlyMap<string, Blob>): Promise<Manifest> {
  const file = files.get(labelName);
  if (!file)
    throw new VitrineError(
      'invalid-argument',
      `${labelName} is not among the files: choose all files of an exported model, or load them as files.`,
    );
  let label: unknown;
  try {
    label = JSON.parse(await file.text());
  } catch {
    label = undefined;
  }
  if (!isLabel(label))
    throw new VitrineError('invalid-argument', `${labelName} does not describe an exported model.`);
  const { id, revision, scope, ref } = label;
  const records = label.files.map(({ path, bytes, sha256, chunkBytes }) => ({
    path,
    bytes,
    sha256,
    chunkBytes,
    complete: false,
  }));
  // An archive may come from anybody: under a well-known name and commit there must be the well-known files.
  verifyKnown(id, { revision, files: new Map(records.map((record) => [record.path, record])) });
  return { version: 1, id, revision, scope, ref, complete: false, storedAt: Date.now(), files: records };
}

function isLabel(value: unknown): value is Manifest {
  const label = value as Partial<Manifest> | null;
  const texts = [label?.id, label?.revision, label?.scope];
  return (
    texts.every((text) => typeof text === 'string') &&
    (label?.ref === undefined || typeof label.ref === 'string') &&
    Array.isArray(label?.files) &&
    label.files.every(isRecord)
  );
}

function isRecord(value: unknown): value is StoredFileRecord {
  const record = value as Partial<StoredFileRecord> | null;
  const sizes = [record?.bytes, record?.chunkBytes];
  return (
    typeof record?.path === 'string' &&
    typeof record.sha256 === 'string' &&
    sizes.every((size) => Number.isSafeInteger(size) && Number(size) >= 0) &&
    // Tiny chunks would turn one file into millions of entries.
    Number(record.chunkBytes) >= Math.min(Math.max(1, Number(record.bytes)), 4096) &&
    Number(record.chunkBytes) <= 64 * 1024 * 1024
  );
}
