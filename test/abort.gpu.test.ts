import { expect, it } from 'vitest';
import { type LoadedModel, loadHere } from '../src/engine/index.ts';
import { loadOn } from './support/gpu.ts';
import { modelFiles, readJson } from './support/model-files.ts';

const files = ['config.json', 'vocab.json', 'merges.txt', 'model.safetensors'];
const times = 20;
const prompt = 'Once upon a time';

/** Greedy ids, each call the first few of the same text. */
async function write(model: LoadedModel, maxNewTokens: number, signal?: AbortSignal): Promise<number[]> {
  const ids: number[] = [];
  const options = { temperature: 0, eos: false, maxNewTokens, signal };
  for await (const { id } of model.generate(prompt, options)) ids.push(id);
  return ids;
}

/** Numbers that look random and are the same every time. */
function* moments(): Generator<number> {
  for (let state = 12345; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

it(`${times} aborts at any moment leave the engine ready at once, and no byte behind`, async () => {
  const reference = await readJson<{ prompts: { text: string; greedy_ids: number[] }[] }>(
    'test/golden/tiny-tales/reference.json',
  );
  const expected = reference.prompts.find(({ text }) => text === prompt)?.greedy_ids ?? [];
  expect(expected.length).toBeGreaterThan(20);
  const source = await modelFiles('public/models/tiny-tales', files);
  const { model } = await loadHere(source, { ...(await loadOn('gpu')), dtype: 'f32', cache: false });
  expect(await write(model, 20)).toEqual(expected.slice(0, 20));
  // What short prompts do not need is compiled a little after loading.
  await model.score('Once upon a time there was a king');
  const bytes = model.stats().gpuBytes;
  const random = moments();
  let cut = 0;
  for (let time = 0; time < times; time++) {
    const control = new AbortController();
    const timer = setTimeout(() => control.abort(), (random.next().value as number) * 30);
    const ids = await write(model, 8, control.signal).catch((error) => {
      expect(error).toMatchObject({ code: 'aborted' });
      return [];
    });
    clearTimeout(timer);
    expect(ids).toEqual(expected.slice(0, ids.length));
    if (ids.length < 8) cut++;
    expect(await write(model, 2)).toEqual(expected.slice(0, 2));
  }
  expect(cut).toBeGreaterThan(times / 4);
  expect(model.stats().gpuBytes).toBe(bytes);
  model.dispose();
});
