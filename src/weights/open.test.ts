import 'fake-indexeddb/auto';
import { statSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { type HubServer, type HubServerOptions, startHubServer } from '../../test/support/hub-server.ts';
import { listCached, openCheckpoint } from './index.ts';
import type { OpenOptions, TensorInfo } from './types.ts';

const golden = new URL('../../test/golden/', import.meta.url).pathname;
const servers: HubServer[] = [];

async function serve(options: HubServerOptions): Promise<HubServer> {
  const server = await startHubServer(options);
  servers.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const quick = { attempts: 3, backoffMs: 1, stallMs: 20_000, chunkBytes: 4096 };

async function load(source: string | File[], options: OpenOptions) {
  const checkpoint = await openCheckpoint(source, { cache: false, transport: quick, ...options });
  const bytes = new Map<string, number>();
  await checkpoint.stream(() => true, {
    write(tensor: TensorInfo, offset, piece) {
      expect(offset).toBe(bytes.get(tensor.name) ?? 0);
      bytes.set(tensor.name, offset + piece.length);
    },
  });
  for (const tensor of checkpoint.tensors.values())
    expect(bytes.get(tensor.name)).toBe(tensor.end - tensor.begin);
  return checkpoint;
}

test('a hub repository is pinned to its commit and streamed through signed addresses', async () => {
  const server = await serve({ repos: { 'tiny/prefixed': { folder: `${golden}f32-prefixed` } } });
  const checkpoint = await load('tiny/prefixed', { hub: server.hub });
  expect(checkpoint.revision).toBe(server.commit('tiny/prefixed'));
  expect(checkpoint.tokenizer.vocabJson).toBeTypeOf('string');
  expect(server.sent('model.safetensors')).toBe(checkpoint.totalBytes);
});

test('shards of an index are streamed in order', async () => {
  const server = await serve({ folders: { sharded: `${golden}f16-sharded` } });
  const checkpoint = await load(server.folderUrl('sharded'), {});
  expect(new Set([...checkpoint.tensors.values()].map((tensor) => tensor.file)).size).toBe(3);
});

test('a mirror without the API and with hidden headers serves just as well', async () => {
  const server = await serve({
    repos: { 'tiny/bf16': { folder: `${golden}bf16` } },
    hideHeaders: true,
    noApi: true,
  });
  const checkpoint = await load('tiny/bf16@main', { hub: server.hub });
  expect(checkpoint.revision).toMatch(/^unpinned-/);
});

test('shards are stored separately: complete ones stay when the next one fails', async () => {
  const server = await serve({ repos: { 'tiny/sharded': { folder: `${golden}f16-sharded` } } });
  const last = 'model-00003-of-00003.safetensors';
  const options = { hub: server.hub, cache: true, transport: { ...quick, chunkBytes: 1024 } };
  const control = new AbortController();
  const checkpoint = await openCheckpoint('tiny/sharded', { ...options, signal: control.signal });
  const stopped = checkpoint.stream(() => true, {
    write(tensor, offset) {
      if (tensor.file === last && offset > 2000) control.abort();
    },
  });
  await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
  const [before] = await listCached();
  expect(before).toMatchObject({ complete: false });
  expect(before?.files.filter((file) => file.complete && file.path.endsWith('.safetensors'))).toHaveLength(2);
  server.forget();
  await load('tiny/sharded', options);
  const stored = before?.files.find((file) => file.path === last)?.bytes ?? 0;
  const sent = server.requests.filter((request) => request.path.endsWith('.safetensors'));
  expect(new Set(sent.map((request) => request.path))).toEqual(new Set([last]));
  expect(server.asked(last)).toBe(statSync(`${golden}f16-sharded/${last}`).size - stored);
  server.down();
  await load('tiny/sharded', options);
});
