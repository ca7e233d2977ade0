import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRuntime } from '../src/engine/index.ts';
import { describeParameters, parseConfig } from '../src/model/index.ts';
import type { DecodedToken, Runtime } from '../src/runtime/index.ts';
import { greedySampling, resolveSampling, type SamplingOptions } from '../src/sampling/index.ts';
import { openCheckpoint } from '../src/weights/index.ts';
import { loadOn } from './support/gpu.ts';
import { modelFiles } from './support/model-files.ts';

const prompt = [5, 900, 17, 44, 301];

describe.each([
  { backend: 'gpu', dtype: 'f32' },
  { backend: 'cpu', dtype: 'f32' },
] as const)('sampleNext on the $backend in $dtype', ({ backend, dtype }) => {
  let runtime: Runtime;

  beforeAll(async () => {
    const files = await modelFiles('public/models/tiny-tales', ['config.json', 'model.safetensors']);
    const checkpoint = await openCheckpoint(files, { cache: false });
    const config = parseConfig(checkpoint.config);
    const table = describeParameters(config, checkpoint.tensors);
    ({ runtime } = await createRuntime({ checkpoint, config, table }, { ...(await loadOn(backend)), dtype }));
    checkpoint.close();
  });
  afterAll(() => runtime.dispose());

  async function plain(ids: readonly number[], sampling: SamplingOptions, count: number) {
    await runtime.prefill(0, 0, ids);
    const tokens: DecodedToken[] = [];
    const request = {
      sequences: [0],
      contexts: [{ ids, promptLength: ids.length }],
      sampling: resolveSampling(sampling),
      firstDraw: 0,
      maxSteps: count,
      eosTokenIds: [],
      alternatives: 3,
    };
    for await (const [token] of runtime.decode(request)) tokens.push(token as DecodedToken);
    return tokens;
  }

  /** Rows after `first`, `first` + 1, … of the ids. */
  function rowsOf(sequence: number, ids: readonly number[], first: number, count: number) {
    return Array.from({ length: count }, (_, index) => ({
      sequence,
      ids: ids.slice(0, first + index),
      promptLength: prompt.length,
      draw: first + index - prompt.length,
    }));
  }

  function expectSame(actual: readonly DecodedToken[], expected: readonly DecodedToken[]): void {
    expect(actual.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
    for (const [index, { logprob, alternatives }] of actual.entries()) {
      expect(logprob).toBeCloseTo(expected[index]?.logprob as number, 3);
      expect(alternatives.map(({ id }) => id)).toEqual(expected[index]?.alternatives.map(({ id }) => id));
    }
  }

  it.each([
    ['greedy', { temperature: 0 }],
    ['drawn', { temperature: 0.9, topK: 30, seed: 11 }],
    ['penalised', { temperature: 0.8, repetitionPenalty: 1.3, noRepeatNgramSize: 3, seed: 4 }],
  ] as const)('rows of one sequence choose what the token loop does, %s', async (_, sampling) => {
    const expected = await plain(prompt, sampling, 18);
    const ids = [...prompt, ...expected.map(({ id }) => id)];
    for (const count of [3, 8]) {
      await runtime.prefill(0, 0, [...ids.slice(0, prompt.length + 3), 1, 2, 3, 4, 5, 6, 7]);
      const rows = rowsOf(0, ids, prompt.length + 4, count);
      expectSame(
        await runtime.sampleNext({ rows, sampling: resolveSampling(sampling), alternatives: 3 }),
        expected.slice(4, 4 + count),
      );
    }
  });

  it('rows past the crossover of attention, twice over what was wrong before', async () => {
    const long = Array.from({ length: 300 }, (_, index) => (index * 37) % 900);
    const expected = await plain(long, { temperature: 0 }, 12);
    const ids = [...long, ...expected.map(({ id }) => id)];
    const wrong = [...ids.slice(0, 302), 7, 7, 7, 7];
    await runtime.prefill(0, 0, ids.slice(0, 301));
    await runtime.sampleNext({ rows: rowsOf(0, wrong, 302, 5), sampling: greedySampling, alternatives: 0 });
    const rows = rowsOf(0, ids, 302, 5);
    expectSame(
      await runtime.sampleNext({ rows, sampling: greedySampling, alternatives: 3 }),
      expected.slice(2, 7),
    );
  });

  it('rows of several sequences, copied from one another', async () => {
    await runtime.reserve(3);
    const contexts = [9, 21, 700].map((id) => [...prompt, id]);
    const expected: DecodedToken[] = [];
    for (const ids of contexts) expected.push((await plain(ids, { temperature: 0 }, 1))[0] as DecodedToken);
    await runtime.prefill(0, 0, prompt);
    await runtime.fork(0, [1, 2], prompt.length);
    const rows = contexts.map((ids, sequence) => ({
      sequence,
      ids,
      promptLength: prompt.length,
      draw: 0,
    }));
    const tokens = await runtime.sampleNext({ rows, sampling: greedySampling, alternatives: 3 });
    expect(tokens.map(({ sequence }) => sequence)).toEqual([0, 1, 2]);
    expectSame(tokens, expected);
    await runtime.reserve(1);
  });
});
