import { beforeAll, describe, expect, it } from 'vitest';
import { readWords, runKernel, sharedGpu, upload, uploadUniform, withGpu } from '../../test/support/gpu.ts';
import { seeded } from '../../test/support/numbers.ts';
import {
  distribution,
  massOf,
  type ResolvedSampling,
  resolveSampling,
  type SamplingContext,
  type SamplingOptions,
  sampleReference,
} from '../sampling/index.ts';
import { packSampling, packTables, type SampleShape, sampleKernel } from './sample.ts';
import { stateBytes, stateLayout } from './state.ts';

const gpu = sharedGpu();
const gone = 0xffffffff;
const empty: SamplingContext = { ids: [], promptLength: 0 };

/** Logits with ties in them, some vectors flat, some spread widely. */
function randomLogits(seed: number, size: number): Float32Array<ArrayBuffer> {
  const next = seeded(seed);
  const deviation = [0, 0.01, 1, 4, 10][seed % 5] as number;
  return Float32Array.from({ length: size }, () => {
    const value = deviation * (next() + next() + next() - 1.5) * 2 - 30;
    return next() < 0.3 ? Math.round(value) : value;
  });
}

interface Batch {
  vectors: readonly Float32Array[];
  contexts: readonly SamplingContext[];
  sampling: ResolvedSampling;
  draw?: number;
}

/** The token loop's state before draw number `draw`: column c generates sequence c. */
function packState(contexts: readonly SamplingContext[], draw: number): Uint32Array<ArrayBuffer> {
  const state = new Uint32Array(stateBytes(contexts.length) / 4);
  state[stateLayout.running] = contexts.length;
  for (const [column, { ids }] of contexts.entries()) {
    const at = stateLayout.headerSize + column * stateLayout.columnSize;
    state[at + stateLayout.draw] = draw;
    state[at + stateLayout.sequence] = column;
    state[at + stateLayout.contextLength] = ids.length;
  }
  return state;
}

/** Runs the kernel on one column a vector; every vector has the same length. */
async function sampleOnGpu({ vectors, contexts, sampling, draw = 0 }: Batch) {
  const vocab = (vectors[0] as Float32Array).length;
  const shape: SampleShape = { vocab, columns: vectors.length, logitsStride: vocab + 3, context: 64 };
  const logits = new Float32Array(shape.logitsStride * shape.columns);
  for (const [column, vector] of vectors.entries()) logits.set(vector, column * shape.logitsStride);
  const tables = packTables(sampling, contexts, shape);
  const buffers = {
    logits: upload(gpu(), logits),
    work: gpu().buffers.create('work', shape.columns * vocab * 4),
    notes: upload(gpu(), tables.notes),
    bias: upload(gpu(), tables.bias),
    context: upload(gpu(), tables.context),
    state: upload(gpu(), packState(contexts, draw)),
    sampling: uploadUniform(gpu(), packSampling(sampling, vocab)),
  };
  await runKernel(gpu(), sampleKernel(shape), Object.values(buffers), [shape.columns, 1, 1]);
  const state = await readWords(gpu(), buffers.state);
  const work = await readWords(gpu(), buffers.work, shape.columns * vocab);
  const left = await readWords(gpu(), buffers.logits, logits.length);
  expect(left, 'logits were modified').toEqual(new Uint32Array(logits.buffer));
  const notes = tables.notes.length ? await readWords(gpu(), buffers.notes) : new Uint32Array();
  for (const buffer of Object.values(buffers)) gpu().buffers.destroy(buffer);
  return vectors.map((_, column) => ({
    chosen: state[stateLayout.headerSize + column * stateLayout.columnSize + stateLayout.chosen] as number,
    contextLength: state[
      stateLayout.headerSize + column * stateLayout.columnSize + stateLayout.contextLength
    ] as number,
    gaps: work.subarray(column * vocab, (column + 1) * vocab),
    notes: notes.subarray(column * vocab, (column + 1) * vocab),
  }));
}

/** Support and probabilities as the kernel left them. */
function supportOf(gaps: Uint32Array) {
  const ids: number[] = [];
  const masses: number[] = [];
  for (const [id, gap] of gaps.entries()) {
    if (gap === gone) continue;
    ids.push(id);
    masses.push(massOf(gap));
  }
  const total = masses.reduce((sum, mass) => sum + mass, 0);
  return { ids, probabilities: masses.map((mass) => mass / total) };
}

async function expectReference(
  vectors: readonly Float32Array[],
  options: SamplingOptions,
  contexts = vectors.map(() => empty),
) {
  const sampling = resolveSampling({ seed: 77, ...options });
  const draw = 5;
  const columns = await sampleOnGpu({ vectors, contexts, sampling, draw });
  for (const [sequence, { chosen, gaps }] of columns.entries()) {
    const logits = vectors[sequence] as Float32Array;
    const context = contexts[sequence] as SamplingContext;
    // Where nothing at all can be drawn there is no support to compare, only the token that stands in.
    if (sampling.temperature > 0 && logits.some((logit) => logit > -Infinity)) {
      const expected = distribution(logits, context, sampling);
      const { ids, probabilities } = supportOf(gaps);
      expect(ids, `support of vector ${sequence}`).toEqual([...expected.ids]);
      for (const [i, p] of expected.probabilities.entries())
        expect(Math.abs((probabilities[i] as number) - p)).toBeLessThanOrEqual(1e-5 * p);
    }
    expect(chosen, `token of vector ${sequence}`).toBe(
      sampleReference(logits, context, sampling, { sequence, draw }),
    );
  }
}

const settings: SamplingOptions[] = [
  {},
  { temperature: 0 },
  { temperature: 0.7, topK: 3 },
  { temperature: 1.3, topK: 40 },
  { topP: 0.9 },
  { temperature: 0.5, topP: 0.2 },
  { minP: 0.1 },
  { typicalP: 0.5 },
  { temperature: 0.8, topK: 50, topP: 0.95, minP: 0.02 },
  { temperature: 1.1, topK: 30, topP: 0.9, minP: 0.01, typicalP: 0.8 },
  { temperature: 1e-6, topK: 5 },
  { temperature: 1e6, topP: 0.5 },
];

/** Every option that changes logits, over contexts with repetitions in them. */
const modifiers: SamplingOptions[] = [
  { repetitionPenalty: 1.3 },
  { repetitionPenalty: 0.7, topK: 20 },
  { frequencyPenalty: 0.37, presencePenalty: -0.21, topP: 0.8 },
  { noRepeatNgramSize: 1 },
  { noRepeatNgramSize: 2, temperature: 0 },
  { noRepeatNgramSize: 3, topK: 10 },
  { logitBias: { 0: 2.5, 3: Number.NEGATIVE_INFINITY, 5: -1.7 }, minP: 0.05 },
  {
    repetitionPenalty: 1.2,
    frequencyPenalty: 0.3,
    presencePenalty: 0.4,
    noRepeatNgramSize: 2,
    logitBias: { 1: 3.3, 2: Number.NEGATIVE_INFINITY, 900: 1 },
    temperature: 0.9,
    topK: 30,
    topP: 0.95,
  },
];

/**
 * Vectors and draws to take of a thousand. SwiftShader needs milliseconds to start each workgroup of 256 lanes,
 * whatever it does: there a tenth has to do. Every other adapter takes them all.
 */
function outOf(count: number): number {
  return gpu().info.architecture === 'swiftshader' ? Math.ceil(count / 10) : count;
}

function batch(from: number, count: number, size: number) {
  return Array.from({ length: count }, (_, i) => randomLogits(from + i, size));
}

function randomContext(seed: number, size: number): SamplingContext {
  const next = seeded(seed + 1e6);
  const length = Math.floor(next() * 40);
  // Few distinct tokens, so that n-grams come back.
  const ids = Array.from({ length }, () => Math.floor(next() * Math.min(size, 5)));
  return { ids, promptLength: Math.floor(next() * (length + 1)) };
}

describe('sample', () => {
  beforeAll(() => expect(gpu().device).toBeDefined());

  it.each(settings)('is the reference on random vectors: %o', async (options) => {
    await expectReference(batch(0, outOf(700), 7), options);
    await expectReference(batch(700, outOf(292), 300), options);
    await expectReference(batch(992, outOf(8), 50257), options);
  });

  it.each(modifiers)('is the reference with penalties, bias and bans: %o', async (options) => {
    for (const [most, size] of [
      [700, 7],
      [298, 300],
      [2, 50257],
    ] as const) {
      const count = outOf(most);
      const contexts = Array.from({ length: count }, (_, seed) => randomContext(seed, size));
      await expectReference(batch(count, count, size), options, contexts);
    }
  });

  it('stands logits that are no numbers, equal, infinite or tiny', async () => {
    const nan = Number.NaN;
    const inf = Number.POSITIVE_INFINITY;
    const odd = [
      [nan, nan, nan, nan],
      [nan, 1, nan, 1],
      [-inf, -inf, -2, -inf],
      [inf, 1, 2, inf],
      [-0, 0, 1e-40, -1e-40],
      [3e38, -3e38, 3e38, 0],
    ].map((values) => Float32Array.from(values));
    for (const options of [{}, { temperature: 0 }, { topP: 0.5 }, { topK: 2, typicalP: 0.5 }])
      await expectReference(odd, options);
  });

  it('stands a vocabulary of one, and everything banned', async () => {
    await expectReference([Float32Array.of(3)], { topK: 1, topP: 0.5 });
    const ban = Number.NEGATIVE_INFINITY;
    const logitBias = { 0: ban, 1: ban, 2: ban };
    const vectors = [Float32Array.of(1, 3, 3), Float32Array.of(1, 1, 1)];
    const sampling = resolveSampling({ logitBias });
    const columns = await sampleOnGpu({ vectors, contexts: [empty, empty], sampling });
    expect(columns.map(({ chosen }) => chosen)).toEqual([1, 0]);
  });

  it('needs no more than every device grants', () =>
    withGpu(
      async ({ kernels }) => {
        const shape = { vocab: 50257, columns: 8, logitsStride: 50260, context: 1024 };
        await expect(kernels.compile(sampleKernel(shape))).resolves.toBeDefined();
      },
      { defaultLimits: true, withoutFeatures: ['subgroups', 'shader-f16'] },
    ));

  it('remembers what it chose', async () => {
    const sampling = resolveSampling({ temperature: 0, noRepeatNgramSize: 4, presencePenalty: 0.1 });
    const contexts = [{ ids: [2, 2, 1], promptLength: 1 }, empty];
    const vectors = [Float32Array.of(0, 9, 0), Float32Array.of(0, 0, 9)];
    const columns = await sampleOnGpu({ vectors, contexts, sampling });
    expect(columns.map(({ chosen }) => chosen)).toEqual([1, 2]);
    expect(columns.map(({ contextLength }) => contextLength)).toEqual([4, 1]);
    const seen = 0x80000000;
    expect(columns.map(({ notes }) => [...notes])).toEqual([
      [0, seen + 2, seen + 1],
      [0, 0, seen + 1],
    ]);
  });

  it('draws as often as the distribution says: chi-square', async () => {
    const logits = randomLogits(3, 100);
    const sampling = resolveSampling({ temperature: 0.9, topK: 60, topP: 0.97, seed: 4 });
    const { ids, probabilities } = distribution(logits, empty, sampling);
    const counts = new Map<number, number>();
    const draws = outOf(100) * outOf(1000);
    const vectors = Array.from({ length: outOf(1000) }, () => logits);
    const contexts = vectors.map(() => empty);
    for (let draw = 0; draw < outOf(100); draw++) {
      for (const { chosen } of await sampleOnGpu({ vectors, contexts, sampling, draw }))
        counts.set(chosen, (counts.get(chosen) ?? 0) + 1);
    }
    let chiSquare = 0;
    for (const [i, id] of ids.entries()) {
      const expected = draws * (probabilities[i] as number);
      chiSquare += ((counts.get(id) ?? 0) - expected) ** 2 / expected;
      counts.delete(id);
    }
    expect(counts.size, 'tokens outside the support').toBe(0);
    const freedom = ids.length - 1;
    expect(chiSquare).toBeLessThan(freedom + 5 * Math.sqrt(2 * freedom));
  });
});
