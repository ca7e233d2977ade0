import 'fake-indexeddb/auto';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type HubServer, startHubServer } from '../../test/support/hub-server.ts';
import { openCheckpoint } from './index.ts';

const golden = (name: string) => readFileSync(new URL(`../../test/golden/torch/${name}`, import.meta.url));
const contents = JSON.parse(golden('contents.json').toString()) as Record<
  string,
  Record<string, { dtype: string; shape: number[]; sha256: string }>
>;
const path = 'pytorch_model.bin';

let server: HubServer;

beforeEach(async () => {
  server = await startHubServer();
});

afterEach(() => server.close());

async function digests(id: string): Promise<Record<string, string>> {
  const checkpoint = await openCheckpoint(id, { hub: server.hub, transport: { chunkBytes: 1000 } });
  // F64 arrives as F32: its bytes are others.
  const names = [...checkpoint.tensors.keys()].filter((name) => name !== 'double');
  const hashes = new Map(names.map((name) => [name, createHash('sha256')]));
  await checkpoint.stream(() => true, {
    write: (tensor, _offset, bytes) => void hashes.get(tensor.name)?.update(bytes),
  });
  return Object.fromEntries([...hashes].map(([name, hash]) => [name, hash.digest('hex')]));
}

test.each([
  ['state.bin', 'state'],
  ['state-legacy.bin', 'state'],
])('%s, from a hub and then from storage', async (name, key) => {
  const id = `torch/${name.replace('.bin', '')}`;
  server.addRepo(id, { files: { 'config.json': '{"tie_word_embeddings":false}', [path]: golden(name) } });
  const expected = Object.fromEntries(
    Object.entries(contents[key] ?? {})
      .filter(([tensor]) => tensor !== 'double')
      .map(([tensor, { sha256 }]) => [tensor, sha256]),
  );
  expect(await digests(id)).toEqual(expected);
  server.down();
  expect(await digests(id)).toEqual(expected);
});
