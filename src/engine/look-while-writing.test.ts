import { expect, it } from 'vitest';
import { modelFiles } from '../../test/support/model-files.ts';
import { loadHere } from './load.ts';

const names = ['config.json', 'vocab.json', 'merges.txt', 'model.safetensors'];

it('looks inside between two tokens of a text, which stays the same', async () => {
  const files = await modelFiles('test/golden/bf16', names);
  const { model } = await loadHere(files, { backend: 'cpu', cache: false });
  const prompt = [5, 6, 7];
  const write = async (look: (ids: number[]) => Promise<void>) => {
    const ids = [...prompt];
    for await (const { id } of model.generate(prompt, { maxNewTokens: 12, seed: 3, eos: false })) {
      ids.push(id);
      await look(ids);
    }
    return ids;
  };
  const plain = await write(async () => {});
  const seen: number[] = [];
  const looked = await write(async (ids) => {
    if (ids.length % 4 > 0) return;
    const { attention } = await model.inspect([...ids], { attention: true, logitLens: true });
    const { attention: again } = await model.inspect([...plain.slice(0, ids.length)], { attention: true });
    expect(attention).toEqual(again);
    seen.push(ids.length);
  });
  expect(looked).toEqual(plain);
  expect(seen).toEqual([4, 8, 12]);
  model.dispose();
});
