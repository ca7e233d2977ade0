import { describe, expect, it } from 'vitest';
import { openGpu } from '../src/gpu/index.ts';
import { describeParameters, type GPT2Config, parseConfig } from '../src/model/index.ts';
import {
  CpuWeightLoader,
  chooserOf,
  createCpuRuntime,
  decodeGreedily,
  GpuRuntime,
  GpuWeightLoader,
} from '../src/runtime/index.ts';
import type { TensorInfo, WeightSink } from '../src/weights/index.ts';

/**
 * GPT-2 small's own shapes with 2 of its 12 layers, which differ in nothing but their numbers: 50,257 tokens; the
 * embedding in f32 is above one default binding.
 */
const config = parseConfig({
  model_type: 'gpt2',
  n_embd: 768,
  n_head: 12,
  n_layer: 2,
  vocab_size: 50257,
  n_positions: 1024,
});
const context = 64;

function tensorsOf({
  nEmbd: E,
  nLayer: L,
  vocabSize: V,
  nPositions: P,
}: GPT2Config): Map<string, TensorInfo> {
  const shapes: [string, number[]][] = [
    ['wte.weight', [V, E]],
    ['wpe.weight', [P, E]],
  ];
  for (let layer = 0; layer < L; layer++) {
    const name = `h.${layer}.`;
    for (const norm of ['ln_1', 'ln_2'])
      shapes.push([`${name}${norm}.weight`, [E]], [`${name}${norm}.bias`, [E]]);
    for (const [part, rows, columns] of [
      ['attn.c_attn', E, 3 * E],
      ['attn.c_proj', E, E],
      ['mlp.c_fc', E, 4 * E],
      ['mlp.c_proj', 4 * E, E],
    ] as const)
      shapes.push([`${name}${part}.weight`, [rows, columns]], [`${name}${part}.bias`, [columns]]);
  }
  shapes.push(['ln_f.weight', [E]], ['ln_f.bias', [E]]);
  let begin = 0;
  return new Map(
    shapes.map(([name, shape]) => {
      const bytes = 4 * shape.reduce((left, right) => left * right, 1);
      const tensor: TensorInfo = { name, dtype: 'F32', shape, file: 'random', begin, end: begin + bytes };
      begin += bytes;
      return [name, tensor];
    }),
  );
}

/** Streams random weights of GPT-2's own spread to several sinks, an odd number of bytes at a time. */
async function stream(tensors: Iterable<TensorInfo>, sinks: readonly WeightSink[]): Promise<void> {
  let state = 1;
  for (const tensor of tensors) {
    const gain = /ln_.*weight/.test(tensor.name);
    const numbers = new Float32Array((tensor.end - tensor.begin) / 4);
    for (let i = 0; i < numbers.length; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      numbers[i] = (state / 2 ** 31) * 0.04 + (gain ? 1 : 0);
    }
    const bytes = new Uint8Array(numbers.buffer);
    const step = 4 * 2 ** 20 + 1;
    for (let at = 0; at < bytes.length; at += step)
      for (const sink of sinks) await sink.write(tensor, at, bytes.subarray(at, at + step));
  }
}

describe('a model of GPT-2 small’s shapes', () => {
  it('runs under the default limits and agrees with the CPU', async () => {
    const tensors = tensorsOf(config);
    const table = describeParameters(config, tensors);
    const gpu = await openGpu({ defaultLimits: true });
    try {
      expect(gpu.device.limits.maxStorageBufferBindingSize).toBe(2 ** 27);
      const shape = { dtype: 'f32', kv: 'f32', context, sequences: 1 } as const;
      const loader = await GpuWeightLoader.create(gpu, config, table, shape);
      expect(loader.model.embedding.bands.length).toBe(2);
      const cpuLoader = new CpuWeightLoader(config, table);
      await stream(tensors.values(), [loader, cpuLoader]);
      await loader.finish();
      const runtime = new GpuRuntime(gpu, loader.model, {
        context,
        kv: 'f32',
        chooseVariant: chooserOf(gpu.info),
      });
      const cpu = createCpuRuntime(config, cpuLoader.finish(), { contextLength: context });

      const ids = [50256, 464, 3290, 318, 257, 845, 922, 1545, 11, 290, 262];
      await Promise.all([runtime.prefill(0, 0, ids), cpu.prefill(0, 0, ids)]);
      const [found, expected] = await Promise.all([runtime.logits(0), cpu.logits(0)]);
      const worst = expected.reduce(
        (most, value, id) => Math.max(most, Math.abs(value - (found[id] as number))),
        0,
      );
      expect(worst).toBeLessThanOrEqual(1e-3);
      expect(await decodeGreedily(runtime, ids, 4)).toEqual(await decodeGreedily(cpu, ids, 4));
      expect(gpu.buffers.bytes).toBeGreaterThan(4 * 53e6);
      runtime.dispose();
      expect(gpu.buffers.bytes).toBe(0);
    } finally {
      gpu.destroy();
    }
  });
});
