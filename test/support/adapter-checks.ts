import { expect, it } from 'vitest';
import { type LoadedModel, type LoadOptions, loadHere, type WeightDtype } from '../../src/engine/index.ts';
import { collect } from './collect.ts';
import { loadOn } from './gpu.ts';
import { drawHalves, loraRank, writeAdapter } from './lora-adapter.ts';
import { modelFiles } from './model-files.ts';

const ids = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3];

export const baseFiles = () => modelFiles('test/golden/published', ['config.json', 'model.safetensors']);

/** The base and an adapter over it, in one folder. */
export async function adaptedFiles(): Promise<File[]> {
  const targets = [0, 1].flatMap(
    (layer) =>
      [
        [`h.${layer}.attn.c_attn.weight`, { shape: [8, 24] }],
        [`h.${layer}.mlp.c_proj.weight`, { shape: [32, 8] }],
      ] as const,
  );
  const config = { peft_type: 'LORA', base_model_name_or_path: 'base', r: loraRank, lora_alpha: 6 };
  return [
    ...(await baseFiles()),
    new File([JSON.stringify(config)], 'adapter_config.json'),
    new File([writeAdapter(drawHalves(targets))], 'adapter_model.safetensors'),
  ];
}

/** An adapter is switched off and on, and both models are those that a load of their own gives, to the bit. */
export function testAdapterSwitch(backend: 'cpu' | 'gpu', dtypes: readonly WeightDtype[]): void {
  it.each(dtypes)('without the adapter the model in %s is its base, and back', async (dtype) => {
    const options: LoadOptions = { ...(await loadOn(backend)), dtype, cache: false };
    const { model: base } = await loadHere(await baseFiles(), options);
    const { model } = await loadHere(await adaptedFiles(), options);
    const greedy = async (of: LoadedModel) =>
      (await collect(of, ids, { temperature: 0, maxNewTokens: 5, eos: false })).map(({ id }) => id);
    const plain = await base.logits(ids);
    const adapted = await model.logits(ids);
    const texts = [await greedy(base), await greedy(model)];
    expect(model.card.adapter).toMatchObject({ rank: loraRank, enabled: true });
    expect(adapted).not.toEqual(plain);
    for (let round = 0; round < 2; round++) {
      await model.setAdapter(false);
      expect(model.card.adapter?.enabled).toBe(false);
      expect(await model.logits(ids)).toEqual(plain);
      expect(await greedy(model)).toEqual(texts[0]);
      await model.setAdapter(true);
      expect(await model.logits(ids)).toEqual(adapted);
      expect(await greedy(model)).toEqual(texts[1]);
    }
    await expect(base.setAdapter(false)).rejects.toMatchObject({ code: 'invalid-argument' });
    const bytes = model.stats().gpuBytes;
    model.dispose();
    base.dispose();
    expect(model.stats().gpuBytes).toBeLessThanOrEqual(backend === 'cpu' ? bytes : 0);
  });
}
