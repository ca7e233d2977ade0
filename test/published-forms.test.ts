import 'fake-indexeddb/auto';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import {
  bytesOf,
  closeTestHubs,
  expected,
  expectReading,
  file,
  golden,
  load,
  reference,
  sizes,
  startTestHub,
  tensors,
} from './support/published-forms.ts';
import { roundToBf16, tensorflowFiles, writeLlmc, writeTensorflow } from './support/published-writers.ts';
import { writeSafetensors } from './support/safetensors-writer.ts';

afterEach(closeTestHubs);

const hparams = { n_vocab: 40, n_ctx: 16, n_embd: 8, n_head: 2, n_layer: 2 };

describe('llm.c', () => {
  test.each([40, 64])('f32 with a vocabulary padded to %i', async (padded) => {
    const { checkpoint, reading } = await load([
      file('gpt2_tiny.bin', writeLlmc(tensors, sizes, { padded })),
    ]);
    expect(reading.logits).toHaveLength(40);
    expectReading(reading, reference, 1e-4);
    expect(checkpoint.card?.format).toBe('llm.c');
  });

  test('bf16', async () => {
    const { reading } = await load([
      file('model.bin', writeLlmc(tensors, sizes, { version: 5, padded: 48 })),
    ]);
    const rounded = expected((_, values) => values.map(roundToBf16));
    expectReading(reading, rounded, 1e-4);
  });

  test('by its address', async () => {
    const files = { 'gpt2 tiny.bin': writeLlmc(tensors, sizes), 'other.bin': new Uint8Array(2000) };
    const server = await startTestHub({ folders: { llmc: files } });
    const { reading } = await load(`${server.folderUrl('llmc')}gpt2%20tiny.bin`);
    expectReading(reading, reference, 1e-4);
  });
});

describe("OpenAI's release", () => {
  const filesOf = (options: Parameters<typeof writeTensorflow>[1], prefix?: string) =>
    tensorflowFiles(writeTensorflow(tensors, options), hparams, prefix);
  const asFiles = (files: ReturnType<typeof filesOf>) =>
    Object.entries(files).map(([name, content]) => file(name, content));

  test.each<[string, number, string]>([
    ['one data file', 1, 'model.ckpt'],
    ['three data files', 3, 'model.ckpt'],
    ['the names of a fine-tune', 1, 'model-1000'],
  ])('of %s: as files, from a hub, a folder and storage', async (_what, shards, prefix) => {
    const files = filesOf({ blockBytes: 200, shards }, prefix);
    const server = await startTestHub({ repos: { 'open/gpt2': { files } }, folders: { tf: files } });
    const folder = server.folderUrl('tf');
    const data = Object.keys(files).filter((name) => name.includes('.data-'));
    for (const source of [
      asFiles(files),
      'open/gpt2',
      folder,
      `${folder}${prefix}.index`,
      `${folder}${data[0]}`,
    ]) {
      const options = source === 'open/gpt2' ? { hub: server.hub } : {};
      const { checkpoint, reading } = await load(source, options);
      expectReading(reading, reference, 1e-4);
      expect(checkpoint.card).toMatchObject({ format: 'tensorflow', files: data });
      expect(checkpoint.tokenizer).toMatchObject({ vocabJson: '{"a":0}', mergesTxt: '#version: 0.2\n' });
    }
    server.down();
    const again = await load('open/gpt2', { hub: server.hub });
    expectReading(again.reading, reference, 1e-4);
  });

  test('a data file or the index that is missing is named beside what is there', async () => {
    const files = filesOf({ shards: 2 });
    for (const path of ['model.ckpt.index', 'model.ckpt.data-00001-of-00002']) {
      const { [path]: _left, ...others } = files;
      const server = await startTestHub({ folders: { tf: others } });
      for (const source of [asFiles(others), server.folderUrl('tf')])
        await expect(load(source)).rejects.toMatchObject({
          code: 'not-found',
          message: expect.stringMatching(new RegExp(`no ${path}.*it has .*hparams\\.json`)),
        });
    }
  });

  test('any size of blocks, any distance of restarts, any order of tensors, any number of data files', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 2000 }),
        fc.integer({ min: 1, max: 20 }),
        fc.shuffledSubarray([...tensors.keys()], { minLength: tensors.size }),
        fc.integer({ min: 1, max: 5 }),
        async (blockBytes, restartEvery, order, shards) => {
          const { reading } = await load(asFiles(filesOf({ blockBytes, restartEvery, order, shards })));
          expectReading(reading, reference, 1e-4);
        },
      ),
      { numRuns: 15 },
    );
  });
});

describe('safetensors', () => {
  const written = [...tensors].map(([name, { shape, values }]) => ({
    name,
    dtype: 'F32' as const,
    shape,
    data: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  }));

  test('any split into shards, any order, behind any prefix', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.infiniteStream(fc.nat()),
        fc.constantFrom('', 'module.', '_orig_mod.transformer.', 'model.'),
        async (count, draws, prefix) => {
          const shards = Array.from({ length: count }, () => [] as typeof written);
          for (const tensor of written) shards[(draws.next().value as number) % count]?.push(tensor);
          const files = shards.flatMap((shard, i) => {
            const renamed = shard.map((tensor) => ({ ...tensor, name: prefix + tensor.name })).reverse();
            return renamed.length ? [{ name: `s-${i}.safetensors`, tensors: renamed }] : [];
          });
          const map = files.flatMap(({ name, tensors }) => tensors.map((tensor) => [tensor.name, name]));
          const { reading } = await load([
            golden('config.json'),
            file('model.safetensors.index.json', JSON.stringify({ weight_map: Object.fromEntries(map) })),
            ...files.map(({ name, tensors }) => file(name, writeSafetensors(tensors))),
          ]);
          expectReading(reading, reference, 1e-4);
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe('by files, from a folder, from a hub, and then from storage', () => {
  const shards = ['pytorch_model-00001-of-00002.bin', 'pytorch_model-00002-of-00002.bin'];
  const goldens = (names: string[]) => Object.fromEntries(names.map((name) => [name, bytesOf(name)]));

  test.each<[string, Record<string, Uint8Array<ArrayBuffer>>]>([
    ['safetensors', goldens(['config.json', 'model.safetensors'])],
    ['torch', goldens(['config.json', 'pytorch_model.bin.index.json', ...shards])],
    ['llm.c', { 'gpt2_tiny.bin': writeLlmc(tensors, sizes, { padded: 64 }) }],
  ])('%s', async (format, files) => {
    const server = await startTestHub({ repos: { 'any/form': { files } }, folders: { form: files } });
    const named = format === 'llm.c' ? 'gpt2_tiny.bin' : '';
    const local = Object.entries(files).map(([name, content]) => file(name, content));
    for (const source of [local, `${server.folderUrl('form')}${named}`, 'any/form']) {
      // At an address of the hub itself, two names are a repository.
      const { checkpoint, reading } = await load(source, source === 'any/form' ? { hub: server.hub } : {});
      expectReading(reading, reference, 1e-4);
      expect(checkpoint.card?.format).toBe(format);
    }
    server.down();
    const again = await load('any/form', { hub: server.hub });
    expectReading(again.reading, reference, 1e-4);
  });
});
