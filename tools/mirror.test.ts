import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../src/weights/index.ts';
import { type HubServer, startHubServer } from '../test/support/hub-server.ts';
import { sampleModel } from '../test/support/sample-model.ts';
import { chooseFiles, mirror, parseEntry } from './mirror.ts';

const id = 'tiny/sample';
const weights = 'model.safetensors';
const model = sampleModel(300_000);
const quick = { backoffMs: 1 };
let out: string;
let server: HubServer;

beforeEach(async () => {
  out = mkdtempSync(join(tmpdir(), 'mirror-'));
  const files = { ...model.files, 'README.md': 'x', 'flax_model.msgpack': 'x' };
  server = await startHubServer({ repos: { [id]: { files, refs: ['refs/pr/1'] } }, pieceBytes: 4096 });
});

afterEach(async () => {
  rmSync(out, { recursive: true });
  await server.close();
});

const placed = (name: string, revision = 'main') => readFileSync(join(out, id, 'resolve', revision, name));

describe('a mirror', () => {
  it('holds the files of the model and no others, and can be loaded from as a hub without an API', async () => {
    const { names } = await mirror(out, parseEntry(id), { hub: server.hub, ...quick });
    expect(names.sort()).toEqual(Object.keys(model.files).sort());
    expect(placed(weights).equals(model.weights)).toBe(true);
    const copy = await startHubServer({ folders: { mirror: out } });
    try {
      const source = { hub: copy.folderUrl('mirror').replace(/\/$/, ''), cache: false };
      const checkpoint = await openCheckpoint(id, source);
      await checkpoint.stream(() => true, { write: () => undefined });
      checkpoint.close();
      // The pointer carries the digest: other bytes under the same name are noticed.
      const damaged = placed(weights);
      damaged[damaged.length - 1] = (damaged[damaged.length - 1] ?? 0) ^ 1;
      writeFileSync(join(out, id, 'resolve', 'main', weights), damaged);
      const other = await openCheckpoint(id, source);
      await expect(other.stream(() => true, { write: () => undefined })).rejects.toMatchObject({
        code: 'integrity',
      });
      other.close();
    } finally {
      await copy.close();
    }
  });

  it('goes on where it was cut, and downloads nothing twice', async () => {
    server.fault({ path: weights, kind: 'cut', after: 100_000, times: 2 });
    await mirror(out, parseEntry(id), { hub: server.hub, ...quick });
    expect(placed(weights).equals(model.weights)).toBe(true);
    // What was on its way when the line was cut is lost; what was written is not asked for again.
    const begins = server.requests
      .filter(({ path, sent }) => path === weights && sent > 0)
      .map(({ range }) => range?.[0]);
    expect(begins.length).toBeGreaterThan(1);
    expect(begins.at(-1)).toBeGreaterThan(0);
    server.forget();
    await mirror(out, parseEntry(id), { hub: server.hub, ...quick });
    expect(server.sent(weights)).toBe(0);
  });

  it('keeps no file with another digest', async () => {
    server.fault({ path: weights, kind: 'flip', offset: 1000 });
    await expect(mirror(out, parseEntry(id), { hub: server.hub, ...quick })).rejects.toThrow(
      /SHA-256 differs/,
    );
    expect(() => placed(weights)).toThrow(/ENOENT/);
  });

  it('lays a pull request out as main', async () => {
    const { revision } = await mirror(out, parseEntry(`${id}@refs/pr/1`), { hub: server.hub, ...quick });
    expect(revision).toBe('main');
    expect(placed(weights).equals(model.weights)).toBe(true);
  });

  it('copies a folder', async () => {
    const folder = join(out, 'given');
    mkdirSync(folder);
    for (const [name, content] of Object.entries(model.files)) writeFileSync(join(folder, name), content);
    await mirror(out, parseEntry(`${id}@v2=${folder}`));
    expect(placed(weights, 'v2').equals(model.weights)).toBe(true);
  });

  it('says what a missing model is', async () => {
    await expect(mirror(out, parseEntry('no/where'), { hub: server.hub, ...quick })).rejects.toThrow(
      /answered 40/,
    );
    await expect(mirror(out, parseEntry(`${id}=${out}`))).rejects.toThrow(/no config\.json/);
  });
});

describe('the names of a mirror', () => {
  it.each(['name', '../x', 'a/..', 'a/b@..', 'a/b@x/y', '/etc/x', 'a/b/c', '', 'a/b@', 'a/b='])(
    '%j is refused',
    (text) => {
      expect(() => parseEntry(text)).toThrow(/is not owner\/name/);
    },
  );

  it('weights are safetensors where there are any, in this folder alone', () => {
    expect(
      chooseFiles(['config.json', 'pytorch_model.bin', weights, 'x.safetensors', 'onnx/model.safetensors']),
    ).toEqual(['config.json', weights]);
    expect(chooseFiles(['config.json', 'pytorch_model.bin'])).toEqual(['config.json', 'pytorch_model.bin']);
    expect(() => chooseFiles(['config.json', '../model.safetensors'])).toThrow(/no model\.safetensors/);
  });
});
