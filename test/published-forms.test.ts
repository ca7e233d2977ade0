import 'fake-indexeddb/auto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { describeParameters, parseConfig, referenceForward } from '../src/model/index.ts';
import { CpuWeightLoader, createCpuRuntime } from '../src/runtime/index.ts';
import { type Checkpoint, type ModelSource, type OpenOptions, openCheckpoint } from '../src/weights/index.ts';
import { readCheckpoint } from './support/checkpoint.ts';
import { largestDifference } from './support/cpu.ts';
import { type HubServer, startHubServer } from './support/hub-server.ts';
import { writeTorch } from './support/pickle-writer.ts';
import { namedTensors, roundToBf16, writeLlmc, writeTensorflow } from './support/published-writers.ts';
import { writeSafetensors } from './support/safetensors-writer.ts';

const folder = 'test/golden/published';
const bytesOf = (name: string) => Uint8Array.from(readFileSync(`${folder}/${name}`));
const file = (name: string, content: Uint8Array<ArrayBuffer> | string) => new File([content], name);
const golden = (name: string, as = name) => file(as, bytesOf(name));
const plain = readCheckpoint(folder);
const tensors = namedTensors(plain);
const { config } = plain;
const ids = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3];
const sizes = {
  layers: config.nLayer,
  heads: config.nHead,
  channels: config.nEmbd,
  positions: config.nPositions,
  vocabulary: config.vocabSize,
};
const hparams = JSON.stringify({ n_vocab: 40, n_ctx: 16, n_embd: 8, n_head: 2, n_layer: 2 });

const servers: HubServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

/** Logits of the last position, by the CPU engine. */
async function logitsOf(checkpoint: Checkpoint): Promise<Float32Array> {
  const read = parseConfig(checkpoint.config, checkpoint.generationConfig);
  const table = describeParameters(read, checkpoint.tensors);
  const loader = new CpuWeightLoader(read, table);
  const needed = new Set(table.parameters.map(({ tensor }) => tensor.name));
  await checkpoint.stream(({ name }) => needed.has(name), loader);
  const runtime = createCpuRuntime(read, loader.finish(), { contextLength: read.nPositions });
  await runtime.prefill(0, 0, ids);
  return runtime.logits(0);
}

async function load(source: ModelSource, options: OpenOptions = {}) {
  const checkpoint = await openCheckpoint(source, {
    transport: { chunkBytes: 1000, attempts: 2, backoffMs: 1 },
    ...options,
  });
  return { checkpoint, logits: await logitsOf(checkpoint) };
}

/** Logits of the last position in float64, from transformers' weights with some of them changed. */
function expected(
  change: (name: string, values: Float32Array) => Float32Array = (_, values) => values,
  activation = config.activation,
): Float64Array {
  const weights = new Map([...plain.weights].map(([name, values]) => [name, change(name, values)]));
  return Float64Array.from(referenceForward({ ...config, activation }, weights, ids).logits(ids.length - 1));
}

const reference = expected();
const erf = (change?: Parameters<typeof expected>[0]) => expected(change, 'gelu_erf');
const withoutBias = (name: string, values: Float32Array) =>
  name.endsWith('.bias') ? new Float32Array(values.length) : values;

describe('PyTorch', () => {
  test('shards of transposed views, slices, shared storages and F64', async () => {
    const names = ['config.json', 'pytorch_model.bin.index.json'];
    const shards = ['pytorch_model-00001-of-00002.bin', 'pytorch_model-00002-of-00002.bin'];
    const { checkpoint, logits } = await load([...names, ...shards].map((name) => golden(name)));
    expect(largestDifference(logits, reference)).toBeLessThan(1e-4);
    expect(checkpoint.card).toMatchObject({ format: 'torch', files: shards });
    await expect(load([...names, ...shards.slice(1)].map((name) => golden(name)))).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringMatching(/00001-of-00002.*it has pytorch_model-00002-of-00002\.bin/),
    });
  });
});

describe('nanoGPT', () => {
  test('ckpt.pt with its optimizer, compiled, with a vocabulary of characters', async () => {
    const { checkpoint, logits } = await load([golden('ckpt.pt'), golden('meta.pkl')]);
    expect(largestDifference(logits, erf())).toBeLessThan(1e-4);
    expect(checkpoint.card).toMatchObject({ format: 'nanogpt', strippedPrefix: '_orig_mod.' });
    expect(checkpoint.notices?.join(' ')).toMatch(/GELU.*_orig_mod/s);
    expect(checkpoint.tokenizer.characters?.stoi).toMatchObject({ '\n': 0, '0': 1, A: 18 });
    expect(checkpoint.tokenizer.characters?.itos[18]).toBe('A');
  });

  test('without biases, under another name', async () => {
    const { logits } = await load([golden('ckpt-no-bias.pt', 'best.pt')]);
    expect(largestDifference(logits, erf(withoutBias))).toBeLessThan(1e-4);
  });

  test('with the GELU of older versions, when told so', async () => {
    const { checkpoint, logits } = await load([golden('ckpt.pt')], { nanoGptGelu: 'tanh' });
    expect(largestDifference(logits, reference)).toBeLessThan(1e-4);
    expect(checkpoint.notices?.join(' ')).not.toContain('GELU');
  });

  test('from a hub and a folder, and then from storage', async () => {
    const files = { 'ckpt.pt': bytesOf('ckpt.pt'), 'meta.pkl': bytesOf('meta.pkl') };
    const server = await startHubServer({ repos: { 'nano/gpt': { files } }, folders: { nano: files } });
    servers.push(server);
    for (const source of ['nano/gpt', server.folderUrl('nano'), `${server.folderUrl('nano')}ckpt.pt`]) {
      // At an address of the hub itself, two names are a repository.
      const options = source.startsWith('http') ? {} : { hub: server.hub };
      server.up();
      server.forget();
      const { checkpoint, logits } = await load(source, options);
      expect(largestDifference(logits, erf())).toBeLessThan(1e-4);
      server.down();
      const again = await load(source, options);
      expect(again.logits).toEqual(logits);
      expect(checkpoint.tokenizer.characters).toBeDefined();
    }
  });

  test('the bytes of the optimizer are not fetched, and those of the model not twice', async () => {
    const count = 60_000;
    const model = { 'wte.weight': { key: '0', shape: [count / 8, 8] } };
    const optimizer = { m: { key: '1', shape: [8 * count] }, v: { key: '2', shape: [8 * count] } };
    const args = { n_layer: 1, n_head: 2, n_embd: 8, block_size: 16, vocab_size: count / 8, bias: false };
    const storages = new Map([
      ['0', new Uint8Array(new Float32Array(count).fill(3).buffer)],
      ['1', new Uint8Array(32 * count)],
      ['2', new Uint8Array(32 * count)],
    ]);
    const content = writeTorch({ model, optimizer, model_args: args, iter_num: 5 }, storages);
    const server = await startHubServer({ repos: { 'big/one': { files: { 'ckpt.pt': content } } } });
    servers.push(server);
    const total = { bytes: 0 };
    const stream = async () => {
      const options = { hub: server.hub, transport: { chunkBytes: 16_384 } };
      const checkpoint = await openCheckpoint('big/one', options);
      expect(checkpoint.totalBytes).toBeLessThan(500_000);
      total.bytes = 0;
      await checkpoint.stream(() => true, {
        write: (tensor, _offset, bytes) => {
          total.bytes += tensor.file ? bytes.length : 0;
        },
      });
    };
    await stream();
    expect(total.bytes).toBe(4 * count);
    expect(server.sent('ckpt.pt')).toBeLessThan(700_000);
    server.down();
    await stream();
    expect(total.bytes).toBe(4 * count);
  });
});

describe('llm.c', () => {
  test.each([40, 64])('f32 with a vocabulary padded to %i', async (padded) => {
    const { checkpoint, logits } = await load([file('gpt2_tiny.bin', writeLlmc(tensors, sizes, { padded }))]);
    expect(logits).toHaveLength(40);
    expect(largestDifference(logits, reference)).toBeLessThan(1e-4);
    expect(checkpoint.card?.format).toBe('llm.c');
  });

  test('bf16', async () => {
    const { logits } = await load([file('model.bin', writeLlmc(tensors, sizes, { version: 5, padded: 48 }))]);
    const rounded = expected((_, values) => values.map(roundToBf16));
    expect(largestDifference(logits, rounded)).toBeLessThan(1e-4);
  });

  test('by its address', async () => {
    const files = { 'gpt2 tiny.bin': writeLlmc(tensors, sizes), 'other.bin': new Uint8Array(2000) };
    const server = await startHubServer({ folders: { llmc: files } });
    servers.push(server);
    const { logits } = await load(`${server.folderUrl('llmc')}gpt2%20tiny.bin`);
    expect(largestDifference(logits, reference)).toBeLessThan(1e-4);
  });
});

describe("OpenAI's release", () => {
  const filesOf = ({ index, data }: ReturnType<typeof writeTensorflow>) => ({
    'hparams.json': hparams,
    'encoder.json': '{"a":0}',
    'vocab.bpe': '#version: 0.2\n',
    checkpoint: 'model_checkpoint_path: "model.ckpt"',
    'model.ckpt.index': index,
    'model.ckpt.data-00000-of-00001': data,
  });

  test('as files, from a hub, a folder and storage', async () => {
    const files = filesOf(writeTensorflow(tensors, { blockBytes: 200 }));
    const server = await startHubServer({ repos: { 'open/gpt2': { files } }, folders: { tf: files } });
    servers.push(server);
    const local = Object.entries(files).map(([name, content]) => file(name, content));
    for (const source of [
      local,
      'open/gpt2',
      server.folderUrl('tf'),
      `${server.folderUrl('tf')}model.ckpt.index`,
    ]) {
      const options = source === 'open/gpt2' ? { hub: server.hub } : {};
      const { checkpoint, logits } = await load(source, options);
      expect(largestDifference(logits, reference)).toBeLessThan(1e-4);
      expect(checkpoint.card?.format).toBe('tensorflow');
      expect(checkpoint.tokenizer).toMatchObject({ vocabJson: '{"a":0}', mergesTxt: '#version: 0.2\n' });
    }
    server.down();
    expect(largestDifference((await load('open/gpt2', { hub: server.hub })).logits, reference)).toBeLessThan(
      1e-4,
    );
  });

  test('any size of blocks, any distance of restarts, any order of tensors', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 2000 }),
        fc.integer({ min: 1, max: 20 }),
        fc.shuffledSubarray([...tensors.keys()], { minLength: tensors.size }),
        async (blockBytes, restartEvery, order) => {
          const files = filesOf(writeTensorflow(tensors, { blockBytes, restartEvery, order }));
          const { logits } = await load(Object.entries(files).map(([name, content]) => file(name, content)));
          expect(largestDifference(logits, reference)).toBeLessThan(1e-4);
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
          const { logits } = await load([
            golden('config.json'),
            file('model.safetensors.index.json', JSON.stringify({ weight_map: Object.fromEntries(map) })),
            ...files.map(({ name, tensors }) => file(name, writeSafetensors(tensors))),
          ]);
          expect(largestDifference(logits, reference)).toBeLessThan(1e-4);
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe('LoRA', () => {
  const rank = 2;
  const draw = (seed: number, count: number) =>
    Float32Array.from({ length: count }, (_, i) => Math.sin(seed * 100 + i * 1.7) * 0.3);
  const targets = [...tensors].filter(([name]) => /h\.\d\.(attn\.c_attn|mlp\.c_proj)\.weight/.test(name));
  const halves = targets.map(
    (
      [
        name,
        {
          shape: [inputs = 0, outputs = 0],
        },
      ],
      seed,
    ) => ({
      name,
      inputs,
      outputs,
      a: draw(seed, rank * inputs),
      b: draw(seed + 50, outputs * rank),
    }),
  );
  const adapterWeights = writeSafetensors(
    halves.flatMap(({ name, inputs, outputs, a, b }) => {
      const key = `base_model.model.transformer.${name.replace('.weight', '')}`;
      const data = (values: Float32Array) => new Uint8Array(values.buffer);
      return [
        { name: `${key}.lora_A.weight`, dtype: 'F32' as const, shape: [rank, inputs], data: data(a) },
        { name: `${key}.lora_B.weight`, dtype: 'F32' as const, shape: [outputs, rank], data: data(b) },
      ];
    }),
  );
  const settings = {
    peft_type: 'LORA',
    base_model_name_or_path: 'base/model',
    r: rank,
    lora_alpha: 6,
    bias: 'none',
  };
  const adapter = (more = {}) => ({
    'adapter_config.json': JSON.stringify({ ...settings, ...more }),
    'adapter_model.safetensors': adapterWeights,
  });
  const base = { 'config.json': bytesOf('config.json'), 'model.safetensors': bytesOf('model.safetensors') };
  /** W + scale (B A)ᵀ */
  const merged = (scale: number) => (name: string, values: Float32Array) => {
    const half = halves.find((one) => one.name === name);
    if (!half) return values;
    const { outputs, inputs, a, b } = half;
    return values.map((value, at) => {
      const [i, o] = [Math.floor(at / outputs), at % outputs];
      let sum = 0;
      for (let r = 0; r < rank; r++) sum += (b[o * rank + r] ?? 0) * (a[r * inputs + i] ?? 0);
      return value + scale * sum;
    });
  };
  const asFiles = (files: Record<string, string | Uint8Array<ArrayBuffer>>) =>
    Object.entries(files).map(([name, content]) => file(name, content));

  test('over its base from the hub: from a hub, a folder, files, and then from storage', async () => {
    const server = await startHubServer({
      repos: { 'base/model': { files: base }, 'my/adapter': { files: adapter() } },
      folders: { lora: adapter() },
    });
    servers.push(server);
    for (const source of ['my/adapter', `${server.hub}/lora/`, asFiles(adapter())]) {
      const { checkpoint, logits } = await load(source, { hub: server.hub });
      expect(largestDifference(logits, expected(merged(3)))).toBeLessThan(1e-4);
      expect(checkpoint.card).toMatchObject({ adapter: { base: 'base/model', rank } });
      expect(checkpoint.notices?.join(' ')).toMatch(/LoRA.*4 matrices.*base\/model/);
    }
    server.down();
    const again = await load('my/adapter', { hub: server.hub });
    expect(largestDifference(again.logits, expected(merged(3)))).toBeLessThan(1e-4);
  });

  test('beside its base, with rank-stabilized scaling, from a hub and then from storage', async () => {
    const files = { ...base, ...adapter({ use_rslora: true }) };
    const server = await startHubServer({ repos: { 'both/here': { files } } });
    servers.push(server);
    const want = expected(merged(6 / Math.sqrt(rank)));
    for (let i = 0; i < 2; i++) {
      const { logits } = await load('both/here', { hub: server.hub });
      expect(largestDifference(logits, want)).toBeLessThan(1e-4);
      server.down();
    }
    expect(largestDifference((await load(asFiles(files))).logits, want)).toBeLessThan(1e-4);
  });

  test('over a base whose matrices come transposed', async () => {
    const llmc = { 'tiny.bin': writeLlmc(tensors, sizes) };
    const server = await startHubServer({ repos: { 'base/model': { files: llmc } } });
    servers.push(server);
    const { logits } = await load(asFiles(adapter()), { hub: server.hub });
    expect(largestDifference(logits, expected(merged(3)))).toBeLessThan(1e-4);
  });

  test.each([
    [{ peft_type: 'IA3' }, 'unsupported-format', /peft_type/],
    [{ use_dora: true }, 'unsupported-format', /use_dora/],
    [{ modules_to_save: ['lm_head'] }, 'unsupported-format', /modules_to_save/],
    [{ r: 16 }, 'tensor-shape', /rank 16/],
    [{ base_model_name_or_path: '/home/me/gpt2' }, 'invalid-argument', /\/home\/me\/gpt2.*baseModel/],
  ])('refuses %j', async (more, code, message) => {
    const server = await startHubServer({ repos: { 'base/model': { files: base } } });
    servers.push(server);
    const loading = load(asFiles(adapter(more)), { hub: server.hub });
    await expect(loading).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('a base can be named', async () => {
    const server = await startHubServer({ repos: { 'base/model': { files: base } } });
    servers.push(server);
    const files = asFiles(adapter({ base_model_name_or_path: './gpt2' }));
    const { logits } = await load(files, { hub: server.hub, baseModel: 'base/model' });
    expect(largestDifference(logits, expected(merged(3)))).toBeLessThan(1e-4);
  });
});
