import 'fake-indexeddb/auto';
import { createStore, get, set } from 'idb-keyval';
import { afterEach, describe, expect, test } from 'vitest';
import type { Manifest } from '../src/weights/cache/store.ts';
import { openCheckpoint } from '../src/weights/index.ts';
import { writeTorch } from './support/pickle-writer.ts';
import {
  bytesOf,
  closeTestHubs,
  erf,
  expectReading,
  golden,
  load,
  reference,
  startTestHub,
} from './support/published-forms.ts';

afterEach(closeTestHubs);

const withoutBias = (name: string, values: Float32Array) =>
  name.endsWith('.bias') ? new Float32Array(values.length) : values;

describe('PyTorch', () => {
  test('shards of transposed views, slices, shared storages and F64', async () => {
    const names = ['config.json', 'pytorch_model.bin.index.json'];
    const shards = ['pytorch_model-00001-of-00002.bin', 'pytorch_model-00002-of-00002.bin'];
    const { checkpoint, reading } = await load([...names, ...shards].map((name) => golden(name)));
    expectReading(reading, reference, 1e-4);
    expect(checkpoint.card).toMatchObject({ format: 'torch', files: shards });
    await expect(load([...names, ...shards.slice(1)].map((name) => golden(name)))).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringMatching(/00001-of-00002.*it has pytorch_model-00002-of-00002\.bin/),
    });
  });
});

describe('nanoGPT', () => {
  test('ckpt.pt with its optimizer, compiled, with a vocabulary of characters', async () => {
    const { checkpoint, reading } = await load([golden('ckpt.pt'), golden('meta.pkl')]);
    expectReading(reading, erf(), 1e-4);
    expect(checkpoint.card).toMatchObject({ format: 'nanogpt', strippedPrefix: '_orig_mod.' });
    expect(checkpoint.notices?.join(' ')).toMatch(/GELU.*_orig_mod/s);
    expect(checkpoint.tokenizer.characters?.stoi).toMatchObject({ '\n': 0, '0': 1, A: 18 });
    expect(checkpoint.tokenizer.characters?.itos[18]).toBe('A');
  });

  test('without biases, under another name', async () => {
    const { reading } = await load([golden('ckpt-no-bias.pt', 'best.pt')]);
    expectReading(reading, erf(withoutBias), 1e-4);
  });

  test('of several checkpoints the usual name is taken; others are asked for', async () => {
    const [one, other] = [golden('ckpt-no-bias.pt', 'a.pt'), golden('ckpt-no-bias.pt', 'b.pt')];
    const { reading } = await load([golden('ckpt.pt'), golden('meta.pkl'), one]);
    expectReading(reading, erf(), 1e-4);
    await expect(load([one, other])).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining('several checkpoints: a.pt, b.pt'),
    });
  });

  test('with the GELU of older versions, when told so', async () => {
    const { checkpoint, reading } = await load([golden('ckpt.pt')], { nanoGptGelu: 'tanh' });
    expectReading(reading, reference, 1e-4);
    expect(checkpoint.notices?.join(' ')).not.toContain('GELU');
  });

  test('from a hub and a folder, and then from storage', async () => {
    const files = { 'ckpt.pt': bytesOf('ckpt.pt'), 'meta.pkl': bytesOf('meta.pkl') };
    const server = await startTestHub({ repos: { 'nano/gpt': { files } }, folders: { nano: files } });
    for (const source of ['nano/gpt', server.folderUrl('nano'), `${server.folderUrl('nano')}ckpt.pt`]) {
      // At an address of the hub itself, two names are a repository.
      const options = source.startsWith('http') ? {} : { hub: server.hub };
      server.up();
      server.forget();
      const { checkpoint, reading } = await load(source, options);
      expectReading(reading, erf(), 1e-4);
      server.down();
      const again = await load(source, options);
      expect(again.reading).toEqual(reading);
      expect(checkpoint.tokenizer.characters).toBeDefined();
    }
  });

  describe('with an optimizer of four megabytes between its tensors', () => {
    const count = 60_000;
    const optimizer = { m: { key: '1', shape: [8 * count] }, v: { key: '2', shape: [8 * count] } };
    const model = {
      'wte.weight': { key: '0', shape: [count / 8, 8] },
      'ln_f.weight': { key: '15', shape: [8] },
    };
    const args = { n_layer: 1, n_head: 2, n_embd: 8, block_size: 16, vocab_size: count / 8, bias: false };
    // In PyTorch's order, that of the names as texts.
    const storages = new Map([
      ['0', new Uint8Array(4 * count).fill(3)],
      ['1', new Uint8Array(32 * count).fill(9)],
      ['15', new Uint8Array(32).fill(5)],
      ['2', new Uint8Array(32 * count).fill(9)],
    ]);
    const content = writeTorch({ model, optimizer, model_args: args, iter_num: 5 }, storages);
    const start = () => startTestHub({ repos: { 'big/one': { files: { 'ckpt.pt': content } } } });
    const stream = async (hub: string) => {
      const options = { hub, transport: { chunkBytes: 16_384, attempts: 2, backoffMs: 1 } };
      const checkpoint = await openCheckpoint('big/one', options);
      const values = new Map<string, Set<number>>();
      let bytes = 0;
      await checkpoint.stream(({ file }) => file !== '', {
        write: (tensor, _offset, piece) => {
          bytes += piece.length;
          const seen = values.get(tensor.name) ?? new Set();
          for (const value of piece) seen.add(value);
          values.set(tensor.name, seen);
        },
      });
      return { bytes, values, totalBytes: checkpoint.totalBytes };
    };
    const right = {
      bytes: 4 * count + 32,
      values: new Map([
        ['wte.weight', new Set([3])],
        ['ln_f.weight', new Set([5])],
      ]),
    };
    /** What finding the directory takes of the end of an archive. */
    const tail = 70_000;

    test('its bytes are not fetched, and those of the model not twice', async () => {
      const server = await start();
      const loaded = await stream(server.hub);
      expect(loaded).toMatchObject(right);
      expect(loaded.totalBytes).toBeLessThan(4 * count + tail);
      // The directory is asked for twice: to be read, and to be stored.
      expect(server.asked('ckpt.pt')).toBeLessThan(4 * count + 2 * tail);
      server.down();
      expect(await stream(server.hub)).toEqual(loaded);
    });

    test('a server that ignores ranges sends the file from its front, and the same is kept of it', async () => {
      const server = await start();
      server.fault({ path: 'ckpt.pt', kind: 'ignore-range' });
      expect(await stream(server.hub)).toMatchObject(right);
      server.down();
      expect(await stream(server.hub)).toMatchObject(right);
    });

    test('what was stored for other needs is fetched again, not taken for zeros', async () => {
      const server = await start();
      await stream(server.hub);
      const store = createStore('vitrine-models', 'entries');
      const key = ['manifest', `${server.hub} big/one ${server.commit('big/one')}`];
      const manifest = (await get<Manifest>(key, store)) as Manifest;
      for (const file of manifest.files) if (file.spans) file.spans = file.spans.slice(0, 1);
      await set(key, manifest, store);
      server.forget();
      expect(await stream(server.hub)).toMatchObject(right);
      expect(server.asked('ckpt.pt')).toBeGreaterThan(4 * count);
      server.down();
      expect(await stream(server.hub)).toMatchObject(right);
    });
  });
});
