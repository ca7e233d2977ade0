import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Fault, type HubServer, startHubServer } from '../../../test/support/hub-server.ts';
import { sampleModel } from '../../../test/support/sample-model.ts';
import { openCheckpoint } from '../index.ts';
import type { ModelSource, OpenOptions } from '../types.ts';

const path = 'model.safetensors';
const id = 'tiny/sample';
const model = sampleModel(900_000);
const quick = { attempts: 4, backoffMs: 1, stallMs: 1000, chunkBytes: 64 * 1024 };

let server: HubServer;

beforeEach(async () => {
  server = await startHubServer({ repos: { [id]: { files: model.files } } });
});

afterEach(() => server.close());

/** Loads a model without storage; the digest is of all bytes that reached the sink, put in place. */
async function load(options: OpenOptions = {}, source: ModelSource = id): Promise<string> {
  const checkpoint = await openCheckpoint(source, {
    hub: server.hub,
    cache: false,
    transport: quick,
    ...options,
  });
  const got = new Uint8Array(model.weights);
  for (const { begin, end } of checkpoint.tensors.values()) got.fill(0, begin, end);
  await checkpoint.stream(() => true, {
    write: (tensor, offset, bytes) => got.set(bytes, tensor.begin + offset),
  });
  return createHash('sha256').update(got).digest('hex');
}

const survivable: [string, Fault][] = [
  ['a busy server that says when to come back', { kind: 'status', status: 429, retryAfter: 0, times: 2 }],
  ['a busy server that does not say', { kind: 'status', status: 429, times: 3 }],
  ['an overloaded server', { kind: 'status', status: 503, times: 3 }],
  ['a dropped connection', { kind: 'cut', after: 50_000, times: 5 }],
  ['a body that ends early and looks complete', { kind: 'short', after: 50_000, times: 5 }],
  ['a line that goes silent', { kind: 'stall', after: 50_000, times: 2 }],
  ['a server that ignores ranges', { kind: 'ignore-range' }],
];

for (const [name, fault] of survivable)
  for (const kind of ['hub', 'folder'])
    test(`${name} (${kind})`, async () => {
      server.addFolder('plain', model.files);
      server.fault({ path, ...fault });
      const source = kind === 'hub' ? id : server.folderUrl('plain');
      expect(await load({}, source)).toBe(model.sha256);
    });

test('small files survive the same faults', async () => {
  for (const fault of [
    { kind: 'status', status: 500, times: 2 },
    { kind: 'cut', after: 3, times: 2 },
    { kind: 'short', after: 3, times: 2 },
  ] satisfies Fault[]) {
    server.clearFaults();
    server.fault({ path: 'config.json', ...fault });
    expect(await load()).toBe(model.sha256);
  }
});

test('every try asks the hub for a fresh signed address', async () => {
  server.fault({ path, kind: 'cut', after: 30_000, times: 6 });
  expect(await load()).toBe(model.sha256);
  expect(server.requests.filter((request) => request.path === path).length).toBeGreaterThan(6);
});

test('a signed address that has run out is asked for again', async () => {
  await server.close();
  server = await startHubServer({ repos: { [id]: { files: model.files } }, signedUses: 1, signedForMs: -1 });
  await expect(load()).rejects.toMatchObject({ code: 'http-status' });
});

test('ranges are plain: no If-Range, which would need leave', async () => {
  await load();
  expect(server.requests.every((request) => request.ifRange === undefined)).toBe(true);
});

test('a token goes to the hub and never to the storage behind it', async () => {
  server.addRepo('tiny/gated', { files: model.files, gated: true });
  await expect(load({}, 'tiny/gated')).rejects.toMatchObject({ code: 'gated' });
  await expect(load({ token: 'hf_wrong' }, 'tiny/gated')).rejects.toMatchObject({ code: 'gated' });
  server.forget();
  expect(await load({ token: 'hf_test' }, 'tiny/gated')).toBe(model.sha256);
  for (const request of server.requests.filter((one) => one.path === path))
    expect(request.authorization).toBeUndefined();
});

test('revisions: branches, commits and pull requests', async () => {
  server.addRepo('tiny/refs', { files: model.files, refs: ['refs/pr/22'] });
  const commit = server.commit('tiny/refs');
  for (const revision of ['main', commit, 'refs/pr/22'])
    expect(await load({}, `tiny/refs@${revision}`)).toBe(model.sha256);
  await expect(load({}, 'tiny/refs@v9')).rejects.toMatchObject({ code: 'not-found' });
});

test('what cannot be loaded is refused with the code that says why', async () => {
  await expect(load({}, 'tiny/none')).rejects.toMatchObject({
    code: 'not-found',
    message: expect.stringContaining('no such repository'),
  });
  server.addRepo('tiny/gated', { files: model.files, gated: true });
  await expect(load({}, 'tiny/gated')).rejects.toMatchObject({ code: 'gated' });
  await expect(load({}, `${server.hub}/nowhere/`)).rejects.toMatchObject({ code: 'not-found' });
  await expect(load({}, 'no model at all')).rejects.toMatchObject({ code: 'invalid-argument' });
  await expect(load({}, 'a/b@../c')).rejects.toMatchObject({ code: 'invalid-argument' });
  await expect(load({}, [])).rejects.toMatchObject({ code: 'invalid-argument' });
  const { [path]: _, ...without } = model.files;
  server.addRepo('tiny/empty', { files: without });
  await expect(load({}, 'tiny/empty')).rejects.toMatchObject({ code: 'unsupported-format' });
  server.down();
  await expect(load()).rejects.toMatchObject({ code: 'network' });
});

test('a digest that does not fit the promise is an integrity error, storage or not', async () => {
  server.addRepo('tiny/lies', { files: model.files, sha256: { [path]: 'ab'.repeat(32) } });
  await expect(load({}, 'tiny/lies')).rejects.toMatchObject({ code: 'integrity' });
  server.fault({ path, kind: 'flip', offset: 500_000 });
  await expect(load()).rejects.toMatchObject({ code: 'integrity' });
});

test('a file that changes between two ranges is an integrity error', async () => {
  server.addFolder('moving', model.files);
  const lift = server.fault({ path, kind: 'cut', after: 300_000 });
  const loading = load({}, server.folderUrl('moving'));
  const other = sampleModel(900_000, 2);
  const changed = new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      if (server.sent(path) < 300_000) return;
      clearInterval(timer);
      server.addFolder('moving', other.files);
      lift();
      resolve();
    }, 1);
  });
  await expect(Promise.all([loading, changed])).rejects.toMatchObject({ code: 'integrity' });
});

test('a web page instead of a file counts as missing', async () => {
  server.addFolder('portal', model.files);
  server.fault({ kind: 'html' });
  await expect(load({}, server.folderUrl('portal'))).rejects.toMatchObject({ code: 'not-found' });
});

test('shards with names that lead elsewhere are refused before they are asked for', async () => {
  for (const name of [
    '../secret.safetensors',
    '/etc/x.safetensors',
    'https://evil/x.safetensors',
    'a/b.safetensors',
  ]) {
    const { [path]: _, ...files } = model.files;
    const index = JSON.stringify({ metadata: { total_size: 1 }, weight_map: { 'wte.weight': name } });
    server.addRepo('tiny/hostile', { files: { ...files, 'model.safetensors.index.json': index } });
    server.addFolder('hostile', { ...files, 'model.safetensors.index.json': index });
    await expect(load({}, 'tiny/hostile')).rejects.toMatchObject({ code: 'safetensors-invalid' });
    await expect(load({}, server.folderUrl('hostile'))).rejects.toMatchObject({
      code: 'safetensors-invalid',
    });
  }
  expect(server.requests.some((request) => request.path.includes('secret'))).toBe(false);
});

test('local files: a folder as it was dropped', async () => {
  const files = Object.entries(model.files).map(([name, content]) => {
    const file = new File([content as BlobPart], name);
    Object.defineProperty(file, 'webkitRelativePath', { value: `my-model/sub/${name}` });
    return file;
  });
  expect(await load({}, files)).toBe(model.sha256);
});
