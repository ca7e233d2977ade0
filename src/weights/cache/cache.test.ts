import 'fake-indexeddb/auto';
import { createHash } from 'node:crypto';
import { IDBFactory } from 'fake-indexeddb';
import { createStore, get, set } from 'idb-keyval';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type HubServer, startHubServer } from '../../../test/support/hub-server.ts';
import { sampleModel } from '../../../test/support/sample-model.ts';
import { deleteCached, exportCached, importCached, listCached, openCheckpoint } from '../index.ts';
import type { LoadProgress, ModelSource, OpenOptions } from '../types.ts';

const weightsFile = 'model.safetensors';
const id = 'tiny/sample';
const chunkBytes = 32 * 1024;
const quick = { attempts: 2, backoffMs: 1, stallMs: 20_000, chunkBytes };
const model = sampleModel(1_500_000);
const total = model.weights.length;

let server: HubServer;

beforeEach(async () => {
  globalThis.indexedDB = new IDBFactory();
  server = await startHubServer({ repos: { [id]: { files: model.files } }, pieceBytes: 4096 });
});

afterEach(() => server.close());

interface Loaded {
  sha256: string;
  masked: boolean;
  progress: LoadProgress[];
}

/** Loads a model and joins what the sink was given; the digest is that of the whole tensor data. */
async function load(
  options: OpenOptions = {},
  source: ModelSource = id,
  onBytes?: (sum: number) => void,
): Promise<Loaded> {
  let sum = 0;
  const progress: LoadProgress[] = [];
  const checkpoint = await openCheckpoint(source, {
    hub: server.hub,
    transport: quick,
    onProgress: (one) => progress.push(one),
    ...options,
  });
  const got = new Uint8Array(model.weights);
  let masked = false;
  for (const { begin, end } of checkpoint.tensors.values()) got.fill(0, begin, end);
  try {
    await checkpoint.stream((tensor) => !tensor.name.endsWith('.attn.bias'), {
      write(tensor, offset, bytes) {
        masked ||= tensor.name.endsWith('.attn.bias');
        got.set(bytes, tensor.begin + offset);
        sum += bytes.length;
        onBytes?.(sum);
      },
    });
  } finally {
    checkpoint.close();
  }
  const mask = checkpoint.tensors.get('h.0.attn.bias');
  if (mask) got.set(model.weights.subarray(mask.begin, mask.end), mask.begin);
  return { sha256: createHash('sha256').update(got).digest('hex'), masked, progress };
}

/** How many bytes of the weights are in the storage. */
async function storedBytes(): Promise<number> {
  const models = await listCached();
  const file = models.flatMap((one) => one.files).find((one) => one.path === weightsFile);
  return file?.bytes ?? 0;
}

test('the second load needs no network', async () => {
  expect(await load()).toMatchObject({ sha256: model.sha256, masked: false });
  expect(server.asked(weightsFile)).toBe(total);
  server.down();
  const again = await load();
  expect(again).toMatchObject({ sha256: model.sha256, masked: false });
  expect(again.progress.at(-1)).toMatchObject({ loadedBytes: total, totalBytes: total, fromCache: true });
  expect(await listCached()).toMatchObject([{ id, complete: true, revision: server.commit(id) }]);
});

test('cut at 12 points, each resume fetches only what is missing', async () => {
  for (let i = 0; i < 12; i++) {
    globalThis.indexedDB = new IDBFactory();
    server.clearFaults();
    server.forget();
    const after = Math.floor((total * (i + Math.random())) / 12);
    let sent = 0;
    const cut = await startHubServer({
      repos: { [id]: { files: model.files } },
      pieceBytes: 4096,
      onSend(path, bytes) {
        if (path === weightsFile) sent += bytes;
        if (sent >= after) cut.down();
      },
    });
    const error = await load({ hub: cut.hub }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error) expect(error).toMatchObject({ code: 'network' });
    const stored = await storedBytes();
    cut.up();
    cut.forget();
    sent = Number.NEGATIVE_INFINITY;
    expect(await load({ hub: cut.hub })).toMatchObject({ sha256: model.sha256 });
    expect(cut.asked(weightsFile), `cut after ${after}`).toBe(total - stored);
    await cut.close();
  }
}, 120_000);

test('a flipped byte in the storage costs one chunk', async () => {
  await load();
  const store = createStore('vitrine-models', 'entries');
  const key = ['chunk', `${server.hub} ${id} ${server.commit(id)}`, weightsFile, 5];
  const chunk = (await get<Uint8Array>(key, store)) as Uint8Array;
  chunk[77] = (chunk[77] ?? 0) ^ 1;
  await set(key, chunk, store);
  server.forget();
  expect(await load()).toMatchObject({ sha256: model.sha256 });
  expect(server.asked(weightsFile)).toBe(chunkBytes);
  server.down();
  expect(await load()).toMatchObject({ sha256: model.sha256 });
});

test('a flipped byte at the server is an integrity error, and nothing is kept as complete', async () => {
  server.fault({ kind: 'flip', path: weightsFile, offset: total - 1000 });
  await expect(load()).rejects.toMatchObject({ code: 'integrity' });
  expect(await listCached()).toMatchObject([{ complete: false }]);
  expect(await storedBytes()).toBe(0);
  server.clearFaults();
  expect(await load()).toMatchObject({ sha256: model.sha256 });
});

test('two openers at once download once', async () => {
  const [a, b] = await Promise.all([load(), load()]);
  expect(a.sha256).toBe(model.sha256);
  expect(b.sha256).toBe(model.sha256);
  // Both read the header before they know of each other; the weights come once.
  expect(server.asked(weightsFile) - total).toBeLessThanOrEqual(64 * 1024);
  expect([...a.progress, ...b.progress].some((one) => one.notice?.includes('Another tab'))).toBe(true);
});

test('a load without storage does not change stored data', async () => {
  await load();
  expect((await load({ cache: false })).progress.at(-1)).toMatchObject({
    fromCache: false,
    notice: undefined,
  });
  expect(server.asked(weightsFile)).toBe(2 * total);
  expect(await listCached()).toMatchObject([{ id, complete: true }]);
});

test('full storage: the load runs from memory and says so', async () => {
  const put = IDBObjectStore.prototype.put;
  let left = 400_000;
  IDBObjectStore.prototype.put = function (this: IDBObjectStore, value: unknown, key?: IDBValidKey) {
    left -= value instanceof Uint8Array ? value.length : 0;
    if (left < 0) throw new DOMException('full', 'QuotaExceededError');
    return put.call(this, value, key);
  };
  try {
    const loaded = await load();
    expect(loaded.sha256).toBe(model.sha256);
    expect(loaded.progress.at(-1)?.notice).toContain('full');
  } finally {
    IDBObjectStore.prototype.put = put;
  }
  expect(await listCached()).toEqual([]);
});

test.each([
  [
    'throws when it is looked at',
    {
      get: () => {
        throw new DOMException('denied', 'SecurityError');
      },
    },
  ],
  ['is null', { value: null }],
])('an indexedDB that %s: the load runs from memory and says so', async (_what, property) => {
  const own = Object.getOwnPropertyDescriptor(globalThis, 'indexedDB');
  Object.defineProperty(globalThis, 'indexedDB', { ...property, configurable: true });
  try {
    const { sha256, progress } = await load();
    expect(sha256).toBe(model.sha256);
    expect(progress.at(-1)?.notice).toMatch(/Running from memory/);
    expect(await listCached()).toEqual([]);
  } finally {
    if (own) Object.defineProperty(globalThis, 'indexedDB', own);
  }
});

test('denied storage: the load runs from memory and says so', async () => {
  globalThis.indexedDB = {
    open() {
      throw new DOMException('denied', 'SecurityError');
    },
  } as unknown as IDBFactory;
  const loaded = await load();
  expect(loaded.sha256).toBe(model.sha256);
  expect(loaded.progress.at(-1)?.notice).toContain('may not store');
  expect(await listCached()).toEqual([]);
});

test('progress never goes back within a load, and ends at the total', async () => {
  const { progress } = await load();
  const weights = progress.filter((one) => one.phase === 'weights');
  for (let i = 1; i < weights.length; i++)
    expect(weights[i]?.loadedBytes).toBeGreaterThanOrEqual(weights[i - 1]?.loadedBytes ?? 0);
  expect(weights.at(-1)).toMatchObject({ loadedBytes: total, totalBytes: total, fromCache: false });
  expect(weights.at(-1)?.bytesPerSecond).toBeGreaterThan(0);
});

test('a load cancelled at any point can resume', async () => {
  let fetched = 0;
  for (const share of [0, 0.2, 0.5, 0.8]) {
    const control = new AbortController();
    const onBytes = (sum: number) => {
      if (sum >= share * total) control.abort();
    };
    const loading = load({ signal: control.signal }, id, onBytes);
    await expect(loading).rejects.toMatchObject({ code: 'aborted' });
    fetched = server.asked(weightsFile);
  }
  const stored = await storedBytes();
  expect(stored).toBeGreaterThan(0.5 * total);
  expect(await load()).toMatchObject({ sha256: model.sha256 });
  expect(server.asked(weightsFile) - fetched).toBe(total - stored);
});

test('a newer commit is loaded on request, and the older one is offered for deletion', async () => {
  await load();
  const old = server.commit(id);
  server.addRepo(id, { files: { ...model.files, 'README.md': 'new' } });
  server.forget();
  await load();
  expect(server.requests).toEqual([]);
  await load({ refresh: true });
  const models = await listCached();
  expect(models.map((one) => [one.revision === old, one.outdated]).sort()).toEqual([
    [false, false],
    [true, true],
  ]);
  await deleteCached(`${id}@${old}`);
  expect(await listCached()).toMatchObject([{ revision: server.commit(id) }]);
  await deleteCached(id);
  expect(await listCached()).toEqual([]);
});

test('a commit is found in storage without the network', async () => {
  await load();
  server.down();
  expect(await load({}, `${id}@${server.commit(id)}`)).toMatchObject({ sha256: model.sha256 });
});

test('a plain folder is served from storage when it is away, and loaded anew when it changed', async () => {
  server.addFolder('plain', model.files);
  const source = server.folderUrl('plain');
  await load({}, source);
  server.forget();
  expect((await load({}, source)).progress.at(-1)?.fromCache).toBe(true);
  server.down();
  expect(await load({}, source)).toMatchObject({ sha256: model.sha256 });
  server.up();
  server.addFolder('plain', sampleModel(1_500_000, 2).files);
  expect((await load({}, source)).sha256).not.toBe(model.sha256);
});

test('a stored model travels as one archive', async () => {
  await load();
  const archive = await exportCached(id);
  globalThis.indexedDB = new IDBFactory();
  await expect(importCached(archive.slice(0, archive.size / 2))).rejects.toMatchObject({
    code: 'invalid-argument',
  });
  expect(await importCached(archive)).toMatchObject({ id, complete: true });
  server.down();
  expect(await load()).toMatchObject({ sha256: model.sha256 });
  const bytes = new Uint8Array(await archive.arrayBuffer());
  bytes[bytes.length - 5000] = (bytes[bytes.length - 5000] ?? 0) ^ 1;
  globalThis.indexedDB = new IDBFactory();
  await expect(importCached(new Blob([bytes]))).rejects.toMatchObject({ code: 'integrity' });
  expect(await listCached()).toEqual([]);
});
