import 'fake-indexeddb/auto';
import { createHash } from 'node:crypto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeFileSystem } from '../../../test/support/fake-file-system.ts';
import { type HubServer, startHubServer } from '../../../test/support/hub-server.ts';
import { sampleModel } from '../../../test/support/sample-model.ts';
import { deleteCached, exportCached, importCached, listCached, openCheckpoint } from '../index.ts';
import type { LoadProgress, OpenOptions } from '../types.ts';
import { serveStore } from './serve-store.ts';
import type { StoreReply, StoreRequest } from './store-calls.ts';

const weightsFile = 'model.safetensors';
const id = 'tiny/sample';
const chunkBytes = 32 * 1024;
const model = sampleModel(1_500_000);
const total = model.weights.length;

/** The store's worker in this thread: messages and what is transferred with them behave as between threads. */
class StoreWorker {
  static running = 0;
  static taken = 0;
  static read = 0;
  onmessage: ((event: { data: StoreReply }) => void) | null = null;
  onerror: (() => void) | null = null;
  #take: ((request: StoreRequest) => void) | undefined;

  constructor() {
    StoreWorker.running += 1;
    this.#take = serveStore((reply, transfer) => {
      const data = structuredClone(reply, { transfer });
      queueMicrotask(() => this.onmessage?.({ data }));
    });
  }

  postMessage(request: StoreRequest, transfer: Transferable[]): void {
    if (request.name === 'take') StoreWorker.taken += 1;
    if (request.name === 'read') StoreWorker.read += 1;
    const data = structuredClone(request, { transfer });
    queueMicrotask(() => this.#take?.(data));
  }

  terminate(): void {
    StoreWorker.running -= 1;
    this.#take = undefined;
  }
}

let server: HubServer;
let files: FakeFileSystem;
let restore: () => void;

beforeEach(async () => {
  globalThis.indexedDB = new IDBFactory();
  files = new FakeFileSystem();
  restore = files.install();
  Object.assign(globalThis, { Worker: StoreWorker });
  StoreWorker.taken = 0;
  StoreWorker.read = 0;
  server = await startHubServer({ repos: { [id]: { files: model.files } }, pieceBytes: 4096 });
});

afterEach(async () => {
  restore();
  Reflect.deleteProperty(globalThis, 'Worker');
  await server.close();
  expect(StoreWorker.running).toBe(0);
});

interface Loaded {
  sha256: string;
  progress: LoadProgress[];
}

async function load(options: OpenOptions = {}, onBytes?: (sum: number) => void): Promise<Loaded> {
  const progress: LoadProgress[] = [];
  const transport = { attempts: 2, backoffMs: 1, stallMs: 20_000, chunkBytes };
  const onProgress = (one: LoadProgress) => progress.push(one);
  const checkpoint = await openCheckpoint(id, { hub: server.hub, transport, onProgress, ...options });
  const got = new Uint8Array(model.weights);
  for (const { begin, end } of checkpoint.tensors.values()) got.fill(0, begin, end);
  let sum = 0;
  try {
    await checkpoint.stream(() => true, {
      write(tensor, offset, bytes) {
        got.set(bytes, tensor.begin + offset);
        sum += bytes.length;
        onBytes?.(sum);
      },
    });
  } finally {
    checkpoint.close();
  }
  return { sha256: createHash('sha256').update(got).digest('hex'), progress };
}

function onlyFile() {
  const [file] = [...files.files().values()];
  expect(files.files().size).toBe(1);
  if (!file) throw new Error('There is no file.');
  return file;
}

const storedBytes = async () =>
  (await listCached()).flatMap((one) => one.files).find(({ path }) => path === weightsFile)?.bytes ?? 0;

test('a long file is stored as it is, once, and read by the worker without network', async () => {
  expect(await load()).toMatchObject({ sha256: model.sha256 });
  expect(Buffer.compare(onlyFile().bytes, model.weights)).toBe(0);
  expect(onlyFile().locked).toBe(false);
  expect(StoreWorker.taken).toBe(Math.ceil(total / chunkBytes));
  expect(await listCached()).toMatchObject([{ id, complete: true }]);
  server.down();
  const again = await load();
  expect(again.sha256).toBe(model.sha256);
  expect(again.progress.at(-1)).toMatchObject({ loadedBytes: total, fromCache: true });
  expect(StoreWorker.taken).toBe(Math.ceil(total / chunkBytes));
  expect(StoreWorker.read).toBeGreaterThan(0.5 * Math.ceil(total / chunkBytes));
  expect(onlyFile().isOpen).toBe(false);
});

test('two loads read one stored file at once', async () => {
  await load();
  server.down();
  const both = await Promise.all([load(), load()]);
  expect(both.map(({ sha256 }) => sha256)).toEqual([model.sha256, model.sha256]);
  expect(onlyFile().isOpen).toBe(false);
});

test('a stored file that another tab has open for itself is read all the same', async () => {
  await load();
  server.down();
  onlyFile().locked = true;
  expect(await load()).toMatchObject({ sha256: model.sha256 });
  expect(StoreWorker.read).toBeLessThanOrEqual(3);
});

test('a load midway through a stored file ends without a lock on it', async () => {
  await load();
  const control = new AbortController();
  const cancel = (sum: number) => {
    if (sum > 0.6 * total) control.abort();
  };
  await expect(load({ signal: control.signal }, cancel)).rejects.toMatchObject({ code: 'aborted' });
  expect(onlyFile().isOpen).toBe(false);
});

test('a load that ends midway goes on behind what is stored', async () => {
  const control = new AbortController();
  const cancel = (sum: number) => {
    if (sum > 0.6 * total) control.abort();
  };
  await expect(load({ signal: control.signal }, cancel)).rejects.toMatchObject({ code: 'aborted' });
  const stored = await storedBytes();
  expect(stored).toBeGreaterThan(0.5 * total);
  onlyFile().locked = false;
  server.forget();
  expect(await load()).toMatchObject({ sha256: model.sha256 });
  expect(server.asked(weightsFile)).toBe(total - stored);
});

test('a flipped byte in the file costs one chunk, and is repaired', async () => {
  await load();
  const { bytes } = onlyFile();
  bytes[5 * chunkBytes + 77] = (bytes[5 * chunkBytes + 77] ?? 0) ^ 1;
  server.forget();
  expect(await load()).toMatchObject({ sha256: model.sha256 });
  expect(server.asked(weightsFile)).toBe(chunkBytes);
  expect(Buffer.compare(onlyFile().bytes, model.weights)).toBe(0);
});

test('a damaged part that the server no longer has as it was is an integrity error, and is not stored', async () => {
  await load();
  const { bytes } = onlyFile();
  bytes[5 * chunkBytes] = (bytes[5 * chunkBytes] ?? 0) ^ 1;
  const before = Uint8Array.from(bytes);
  server.fault({ kind: 'flip', path: weightsFile, offset: 5 * chunkBytes + 9 });
  await expect(load()).rejects.toMatchObject({ code: 'integrity' });
  expect(Buffer.compare(onlyFile().bytes, before)).toBe(0);
});

test('a file that is gone is fetched again', async () => {
  await load();
  files.root.entries.clear();
  server.forget();
  expect(await load()).toMatchObject({ sha256: model.sha256 });
  expect(server.asked(weightsFile)).toBe(total);
  expect(Buffer.compare(onlyFile().bytes, model.weights)).toBe(0);
});

test('a flipped byte at the server is an integrity error, and nothing is left', async () => {
  server.fault({ kind: 'flip', path: weightsFile, offset: total - 1000 });
  await expect(load()).rejects.toMatchObject({ code: 'integrity' });
  expect(await storedBytes()).toBe(0);
  expect(files.files().size).toBe(0);
});

test('full storage: the load runs from memory, is verified, and leaves no file', async () => {
  files.left = 400_000;
  const { sha256, progress } = await load();
  expect(sha256).toBe(model.sha256);
  expect(progress.at(-1)?.notice).toContain('full');
  expect(await listCached()).toEqual([]);
  expect(files.files().size).toBe(0);
});

test('a full storage does not spare the digest', async () => {
  files.left = 400_000;
  server.fault({ kind: 'flip', path: weightsFile, offset: total - 1000 });
  await expect(load()).rejects.toMatchObject({ code: 'integrity' });
});

test('without storage the digest is compared all the same, beside the load', async () => {
  expect(await load({ cache: false })).toMatchObject({ sha256: model.sha256 });
  expect(StoreWorker.taken).toBe(Math.ceil(total / chunkBytes));
  expect(files.files().size).toBe(0);
  server.fault({ kind: 'flip', path: weightsFile, offset: total - 1000 });
  await expect(load({ cache: false })).rejects.toMatchObject({ code: 'integrity' });
});

test('where workers are forbidden the database takes the chunks', async () => {
  Reflect.deleteProperty(globalThis, 'Worker');
  expect(await load()).toMatchObject({ sha256: model.sha256 });
  expect(files.files().size).toBe(0);
  server.down();
  expect(await load()).toMatchObject({ sha256: model.sha256 });
});

test('a deleted model leaves no file, and one that was open is deleted with the next load', async () => {
  await load();
  onlyFile().locked = true;
  await deleteCached(id);
  expect(files.files().size).toBe(1);
  onlyFile().locked = false;
  server.addRepo('tiny/other', { files: sampleModel(1_500_000, 2).files });
  const other = await openCheckpoint('tiny/other', { hub: server.hub, transport: { chunkBytes } });
  await other.stream(() => true, { write: () => undefined });
  other.close();
  expect(await listCached()).toMatchObject([{ id: 'tiny/other' }]);
  expect(files.files().size).toBe(1);
  await deleteCached('tiny/other');
  expect(files.files().size).toBe(0);
});

test('a model in a file travels as one archive', async () => {
  await load();
  const archive = await exportCached(id);
  globalThis.indexedDB = new IDBFactory();
  files.root.entries.clear();
  expect(await importCached(archive)).toMatchObject({ id, complete: true });
  server.down();
  expect(await load()).toMatchObject({ sha256: model.sha256 });
});
