import 'fake-indexeddb/auto';
import { afterEach, describe, expect, test } from 'vitest';
import { drawHalves, loraTarget, loraRank as rank, writeAdapter } from './support/lora-adapter.ts';
import {
  bytesOf,
  closeTestHubs,
  expected,
  expectReading,
  file,
  load,
  sizes,
  startTestHub,
  tensors,
} from './support/published-forms.ts';
import { writeLlmc } from './support/published-writers.ts';

afterEach(closeTestHubs);

describe('LoRA', () => {
  const halves = drawHalves([...tensors].filter(([name]) => loraTarget.test(name)));
  const adapterWeights = writeAdapter(halves);
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
    const server = await startTestHub({
      repos: { 'base/model': { files: base }, 'my/adapter': { files: adapter() } },
      folders: { lora: adapter() },
    });
    for (const source of ['my/adapter', `${server.hub}/lora/`, asFiles(adapter())]) {
      const { checkpoint, reading } = await load(source, { hub: server.hub });
      expectReading(reading, expected(merged(3)), 1e-4);
      expect(checkpoint.card).toMatchObject({ adapter: { base: 'base/model', rank } });
      expect(checkpoint.notices?.join(' ')).toMatch(/LoRA.*4 matrices.*base\/model/);
    }
    server.down();
    const again = await load('my/adapter', { hub: server.hub });
    expectReading(again.reading, expected(merged(3)), 1e-4);
  });

  test('beside its base, with rank-stabilized scaling, from a hub and then from storage', async () => {
    const files = { ...base, ...adapter({ use_rslora: true }) };
    const server = await startTestHub({ repos: { 'both/here': { files } } });
    const want = expected(merged(6 / Math.sqrt(rank)));
    for (let i = 0; i < 2; i++) {
      const { reading } = await load('both/here', { hub: server.hub });
      expectReading(reading, want, 1e-4);
      server.down();
    }
    expectReading((await load(asFiles(files))).reading, want, 1e-4);
  });

  test('over a base whose matrices come transposed', async () => {
    const llmc = { 'tiny.bin': writeLlmc(tensors, sizes) };
    const server = await startTestHub({ repos: { 'base/model': { files: llmc } } });
    const { reading } = await load(asFiles(adapter()), { hub: server.hub });
    expectReading(reading, expected(merged(3)), 1e-4);
  });

  test.each([
    [{ peft_type: 'IA3' }, 'unsupported-format', /peft_type/],
    [{ use_dora: true }, 'unsupported-format', /use_dora/],
    [{ modules_to_save: ['lm_head'] }, 'unsupported-format', /modules_to_save/],
    [{ r: 16 }, 'tensor-shape', /rank 16/],
    [{ base_model_name_or_path: '/home/me/gpt2' }, 'invalid-argument', /\/home\/me\/gpt2.*baseModel/],
  ])('refuses %j', async (more, code, message) => {
    const server = await startTestHub({ repos: { 'base/model': { files: base } } });
    const loading = load(asFiles(adapter(more)), { hub: server.hub });
    await expect(loading).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('a base can be named', async () => {
    const server = await startTestHub({ repos: { 'base/model': { files: base } } });
    const files = asFiles(adapter({ base_model_name_or_path: './gpt2' }));
    const { reading } = await load(files, { hub: server.hub, baseModel: 'base/model' });
    expectReading(reading, expected(merged(3)), 1e-4);
  });

  test.each([
    ['itself', 'my/adapter'],
    ['an adapter over it', 'other/adapter'],
  ])('an adapter over %s is refused', async (_what, name) => {
    const server = await startTestHub({
      repos: {
        'my/adapter': { files: adapter({ base_model_name_or_path: name }) },
        'other/adapter': { files: adapter({ base_model_name_or_path: 'my/adapter' }) },
      },
    });
    await expect(load('my/adapter', { hub: server.hub })).rejects.toMatchObject({
      code: 'unsupported-format',
      message: expect.stringContaining(`over ${name}, which has an adapter itself`),
    });
    expect(server.requests.length).toBeLessThan(20);
  });
});
