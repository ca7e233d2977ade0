import { afterEach, expect, test } from 'vitest';
import { type HubServer, type HubServerOptions, startHubServer } from '../../test/support/hub-server.mjs';
import { openCheckpoint } from './index.ts';
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

test('shards behind an index come one after the other', async () => {
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
