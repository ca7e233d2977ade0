import { describe, expect, test } from 'vitest';
import { loadHere } from '../src/engine/index.ts';
import type { Dtype } from '../src/weights/index.ts';
import { type Pickled, writeTorch } from './support/pickle-writer.ts';
import {
  expected,
  expectReading,
  file,
  golden,
  load,
  reference,
  sizes,
  tensors,
} from './support/published-forms.ts';
import { roundToBf16, writeLlmc } from './support/published-writers.ts';
import { type WrittenTensor, writeSafetensors } from './support/safetensors-writer.ts';

const bf16 = (values: Float32Array) =>
  Uint16Array.from(values, (value) => new Uint32Array(Float32Array.of(roundToBf16(value)).buffer)[0]! >>> 16);
const encoders: Partial<Record<Dtype, (values: Float32Array) => ArrayBufferView<ArrayBuffer>>> = {
  F32: (values) => Float32Array.from(values),
  F64: (values) => Float64Array.from(values),
  BF16: bf16,
};

/** The model's tensors under other names, or in another type. */
function written(rename = (name: string) => name, dtype: Dtype = 'F32'): WrittenTensor[] {
  return [...tensors].map(([name, { shape, values }]) => {
    const { buffer, byteLength } = encoders[dtype]!(values);
    return { name: rename(name), dtype, shape, data: new Uint8Array(buffer, 0, byteLength) };
  });
}

const safetensors = (parts: readonly WrittenTensor[], name = 'model.safetensors') =>
  file(name, writeSafetensors(parts));
const config = (change: Record<string, unknown> = {}) =>
  golden('config.json')
    .text()
    .then((text) => file('config.json', JSON.stringify({ ...JSON.parse(text), ...change })));
const readingOf = async (...files: (File | Promise<File>)[]) =>
  (await load(await Promise.all(files))).reading;

describe('names', () => {
  test.each([
    'transformer.',
    '_orig_mod.transformer.',
    'module.',
    '_module.',
    'model.',
    'model.transformer.',
    'transformer._orig_mod.',
    'module._orig_mod.',
  ])('behind %s', async (prefix) => {
    const reading = await readingOf(config(), safetensors(written((name) => prefix + name)));
    expectReading(reading, reference, 1e-3);
  });

  test('that are none of GPT-2 are shown beside what was looked for', async () => {
    const strange = safetensors(written((name) => name.replace('wte', 'embed_in')));
    await expect(readingOf(config(), strange)).rejects.toMatchObject({
      code: 'tensor-missing',
      message: expect.stringMatching(/wte\.weight.*embed_in\.weight/s),
    });
  });
});

describe('types of numbers', () => {
  test('F64 is rounded to F32', async () => {
    const reading = await readingOf(config(), safetensors(written(undefined, 'F64')));
    expectReading(reading, reference, 1e-3);
  });

  test('BF16', async () => {
    const reading = await readingOf(config(), safetensors(written(undefined, 'BF16')));
    const rounded = expected((_, values) => values.map(roundToBf16));
    expectReading(reading, rounded, 1e-3);
  });
});

describe('one PyTorch file', () => {
  const storages = new Map(
    [...tensors].map(([name, { values }]) => [name, new Uint8Array(Float32Array.from(values).buffer)]),
  );
  const state = Object.fromEntries([...tensors].map(([name, { shape }]) => [name, { key: name, shape }]));

  test.each<[string, { [key: string]: Pickled }]>([
    ['at the root', state],
    ['under state_dict, beside an epoch', { state_dict: state, epoch: 3 }],
    ['under model', { model: state }],
    ['under module', { module: state }],
  ])('with its tensors %s', async (_where, root) => {
    const reading = await readingOf(config(), file('pytorch_model.bin', writeTorch(root, storages)));
    expectReading(reading, reference, 1e-3);
  });
});

describe('indexes', () => {
  const index = (map: Record<string, string>) =>
    file('model.safetensors.index.json', JSON.stringify({ metadata: {}, weight_map: map }));
  const [first = [], second = []] = [written().slice(0, 7), written().slice(7)];
  const shards = [safetensors(first, 'a.safetensors'), safetensors(second, 'b.safetensors')];
  const map = Object.fromEntries([
    ...first.map(({ name }) => [name, 'a.safetensors']),
    ...second.map(({ name }) => [name, 'b.safetensors']),
  ]);

  test('that list a tied head no shard has', async () => {
    const reading = await readingOf(
      config(),
      index({ ...map, 'lm_head.weight': 'b.safetensors' }),
      ...shards,
    );
    expectReading(reading, reference, 1e-3);
  });

  test('that do not list a tensor a shard has', async () => {
    const { [second[0]!.name]: _left, ...fewer } = map;
    const reading = await readingOf(config(), index(fewer), ...shards);
    expectReading(reading, reference, 1e-3);
  });
});

describe('configs of 2019', () => {
  test('without model_type and with the names of today absent', async () => {
    const reading = await readingOf(
      config({ model_type: undefined, architectures: undefined, activation_function: undefined }),
      safetensors(written()),
    );
    expectReading(reading, reference, 1e-3);
  });

  test('without biases: zeros', async () => {
    const weights = written().filter(({ name }) => !name.endsWith('.bias'));
    const reading = await readingOf(config(), safetensors(weights));
    const plain = expected((name, values) => (name.endsWith('.bias') ? values.map(() => 0) : values));
    expectReading(reading, plain, 1e-3);
  });
});

describe('vocabulary and embedding', () => {
  test('a tokenizer with tokens past the last row: loads, and names one that a text holds', async () => {
    const letters = Object.fromEntries(
      Array.from({ length: 26 }, (_, id) => [String.fromCharCode(97 + id), id]),
    );
    const added = file('added_tokens.json', JSON.stringify({ '[PAD]': 40, '[SEP]': 41 }));
    const files = [
      await config(),
      safetensors(written()),
      file('vocab.json', JSON.stringify(letters)),
      file('merges.txt', '#version: 0.2\n'),
      added,
    ];
    const { model } = await loadHere(files, { backend: 'cpu', cache: false });
    expect(model.encode('a[PAD]')).toEqual([0, 40]);
    await expect(model.score('a[PAD]')).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining('[PAD]'),
    });
    expect(model.card).toMatchObject({ paddedRows: 0, tokenizer: { size: 42 } });
    expect(model.card.notices.join(' ')).toContain('2 tokens of the tokenizer have no row');
    model.dispose();
  });

  test("llm.c's own tokenizer file beside a checkpoint is not taken for one", async () => {
    const table = file('gpt2_tokenizer.bin', new Uint8Array(2048));
    const reading = await readingOf(file('gpt2_tiny.bin', writeLlmc(tensors, sizes)), table);
    expectReading(reading, reference, 1e-3);
  });
});
