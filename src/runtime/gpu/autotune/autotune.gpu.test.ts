import { expect, it } from 'vitest';
import { withGpu } from '../../../../test/support/gpu.ts';
import { describeParameters, parseConfig } from '../../../model/index.ts';
import type { MatvecVariant } from '../../../shaders/index.ts';
import type { TensorInfo } from '../../../weights/index.ts';
import { GpuWeightLoader } from '../weight-loader.ts';
import { destroyModel } from '../weights.ts';
import type { Known } from './benchmark.ts';
import { tuneMatmul } from './tune-matmul.ts';
import { tuneProducts } from './tune-matvec.ts';

const config = parseConfig({
  model_type: 'gpt2',
  n_embd: 64,
  n_head: 4,
  n_layer: 2,
  vocab_size: 300,
  n_positions: 32,
});

function tensors(): Map<string, TensorInfo> {
  const list: [string, number[]][] = [
    ['wte.weight', [300, 64]],
    ['wpe.weight', [32, 64]],
  ];
  for (const name of ['ln_f', 'h.0.ln_1', 'h.0.ln_2', 'h.1.ln_1', 'h.1.ln_2'])
    list.push([`${name}.weight`, [64]], [`${name}.bias`, [64]]);
  for (const layer of [0, 1])
    for (const [part, rows, columns] of [
      ['attn.c_attn', 64, 192],
      ['attn.c_proj', 64, 64],
      ['mlp.c_fc', 64, 256],
      ['mlp.c_proj', 256, 64],
    ] as const)
      list.push([`h.${layer}.${part}.weight`, [rows, columns]], [`h.${layer}.${part}.bias`, [columns]]);
  let begin = 0;
  return new Map(
    list.map(([name, shape]) => {
      const end = begin + 4 * shape.reduce((left, right) => left * right, 1);
      const tensor: TensorInfo = { name, dtype: 'F32', shape, file: 'random', begin, end };
      begin = end;
      return [name, tensor];
    }),
  );
}

it.each(['f32', 'int4'] as const)(
  'chooses for every product among variants that agree, over several visits, and frees what it used: %s',
  async (dtype) => {
    await withGpu(async (gpu) => {
      const all = tensors();
      const loader = await GpuWeightLoader.create(gpu, config, describeParameters(config, all), {
        dtype,
        kv: 'f32',
        context: 32,
        sequences: 1,
      });
      for (const tensor of all.values()) {
        const floats = Float32Array.from(
          { length: (tensor.end - tensor.begin) / 4 },
          (_, i) => Math.sin(i * 7 + 1) / 8,
        );
        await loader.write(tensor, 0, new Uint8Array(floats.buffer));
      }
      await loader.finish();
      const bytes = gpu.buffers.bytes;
      const first = await tuneProducts(gpu, loader.model, { budget: 0 });
      expect(first.map(({ complete, measured }) => [complete, measured.length])).toEqual(
        Array(5).fill([false, 1]),
      );
      const known = new Map<string, Known<MatvecVariant>>(first.map((each) => [each.key, each]));
      // Already complete: left alone.
      const [done] = first;
      if (done) known.set(done.key, { ...done, complete: true });
      const tuned = await tuneProducts(gpu, loader.model, { budget: 120_000, known });
      expect(gpu.buffers.bytes).toBe(bytes);
      expect(tuned.length).toBe(4);
      for (const { best, measured, tried, complete } of tuned) {
        // The default is among them; all that were measured gave its output.
        expect(measured.length).toBeGreaterThan(3);
        expect(measured[0]?.variant).toEqual(best);
        expect(new Set(tried).size).toBe(tried.length);
        expect(complete).toBe(true);
      }
      const chunk = await tuneMatmul(gpu, loader.model, {
        budget: 120_000,
      });
      expect(gpu.buffers.bytes).toBe(bytes);
      expect(chunk.measured.map(({ variant }) => variant.kind)).toContain('direct');
      expect(chunk.measured[0]?.variant).toEqual(chunk.best);
      destroyModel(gpu, loader.model);
    });
  },
);
