import { describe, expect, it } from 'vitest';
import { type GeneratedToken, loadHere } from '../src/engine/index.ts';
import { loadOn } from './support/gpu.ts';
import { modelFiles, readJson } from './support/model-files.ts';

/** By tools/fixtures/make_beams.py. */
interface Case {
  prompt: number[];
  num_beams: number;
  length_penalty: number;
  early_stopping: boolean | 'never';
  max_new_tokens: number;
  eos_token_ids: number[];
  sequences: { ids: number[]; score: number }[];
}

/** The bundled model with other tokens that end a text. */
async function load(backend: 'gpu' | 'cpu', eos_token_id: number[]) {
  const names = ['config.json', 'vocab.json', 'merges.txt', 'model.safetensors'];
  const files = await modelFiles('public/models/tiny-tales', names);
  files.push(new File([JSON.stringify({ eos_token_id })], 'generation_config.json'));
  return (await loadHere(files, { ...(await loadOn(backend)), dtype: 'f32', cache: false })).model;
}

describe.each(['gpu', 'cpu'] as const)('beam search on the %s', (backend) => {
  it('finds what its definition finds, with the same scores', async () => {
    const all = await readJson<Case[]>('test/golden/tiny-tales/beams.json');
    // A GPU made of software is slow; the search itself is the same code on both.
    const cases = backend === 'cpu' ? all : all.slice(4, 5);
    expect(cases.length).toBeGreaterThan(0);
    for (const one of cases) {
      const model = await load(backend, one.eos_token_ids);
      const tokens: GeneratedToken[] = [];
      const steps = model.generate(one.prompt, {
        numBeams: one.num_beams,
        n: one.num_beams,
        lengthPenalty: one.length_penalty,
        earlyStopping: one.early_stopping,
        maxNewTokens: one.max_new_tokens,
        eos: one.eos_token_ids.length > 0,
      });
      for await (const token of steps) tokens.push(token);
      model.dispose();
      const size = Math.max(1, ...one.sequences.map(({ score }) => Math.abs(score)));
      for (const [rank, { ids, score }] of one.sequences.entries()) {
        const found = tokens.filter(({ sequence }) => sequence === rank);
        expect(found.map(({ id }) => id)).toEqual(ids);
        expect((found.at(-1)?.sequenceScore ?? 0) / size).toBeCloseTo(score / size, 4);
        const ended = one.eos_token_ids.includes(ids.at(-1) as number);
        expect(found.at(-1)?.finishReason).toBe(ended ? 'eos' : 'length');
      }
    }
  });
});
