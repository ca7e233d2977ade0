import { lettersAutomaton } from '../../constraint/index.ts';
import type { Gpu } from '../../gpu/index.ts';
import {
  distribution,
  resolveSampling,
  type SamplingContext,
  type SamplingOptions,
} from '../../sampling/index.ts';
import { kernelCase, type Operation, repeating } from '../case.ts';
import { type Comparison, checkThat, compareExactly, compareNumbers } from '../support/compare.ts';
import { seeded } from '../support/numbers.ts';
import { compareWithReference, emptyContext as empty, sampleOnGpu } from '../support/sampler.ts';

/** Sizes of the vocabulary: each is a kernel of its own; the even ones have 256 lanes. */
const [small, medium, large, evenLarge] = [7, 300, 50257, 50256];

/** Logits with ties in them, some vectors flat, some spread widely. */
function randomLogits(seed: number, size: number): Float32Array<ArrayBuffer> {
  const next = seeded(seed);
  const deviation = [0, 0.01, 1, 4, 10][seed % 5] as number;
  return Float32Array.from({ length: size }, () => {
    const value = deviation * (next() + next() + next() - 1.5) * 2 - 30;
    return next() < 0.3 ? Math.round(value) : value;
  });
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

/** Options of the variant with statistics. */
const statistics: SamplingOptions[] = [
  { topNSigma: 0.8 },
  { topNSigma: 1.5, topK: 20, temperature: 0.7 },
  { dynatempRange: 0.5 },
  { temperature: 0.8, dynatempRange: 2, dynatempExponent: 1.7, topP: 0.9 },
  { mirostatTau: 2 },
  {
    topNSigma: 2,
    dynatempRange: 0.3,
    topK: 50,
    topP: 0.95,
    typicalP: 0.9,
    mirostatTau: 3,
    presencePenalty: 0.4,
  },
];

/** Vectors to take of `count`: a software adapter needs milliseconds for each workgroup and takes a twentieth. */
function outOf(gpu: Gpu, count: number): number {
  return gpu.info.software ? Math.ceil(count / 20) : count;
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

async function checkSettings(gpu: Gpu, options: SamplingOptions): Promise<Comparison[]> {
  return [
    ...(await compareWithReference(gpu, batch(0, outOf(gpu, 700), small), options)),
    ...(await compareWithReference(gpu, batch(700, outOf(gpu, 292), medium), options)),
    ...(await compareWithReference(gpu, batch(992, outOf(gpu, 8), large), options)),
  ];
}

async function checkModifiers(gpu: Gpu, options: SamplingOptions): Promise<Comparison[]> {
  const results: Comparison[] = [];
  for (const [most, size] of [
    [700, small],
    [298, medium],
    [2, large],
  ] as const) {
    // biome-ignore format: pairs
    const count = outOf(gpu, most);
    const contexts = Array.from({ length: count }, (_, seed) => randomContext(seed, size));
    results.push(...(await compareWithReference(gpu, batch(count, count, size), options, contexts)));
  }
  return results;
}

/** Vectors of each size for what knows their number: a number of its own would be a kernel of its own. */
const counted = [
  [300, small],
  [120, medium],
  [2, large],
] as const;

/** Contexts with repetitions, states of the automaton and limits of mirostat in them. */
async function checkStatistics(gpu: Gpu, options: SamplingOptions): Promise<Comparison[]> {
  const results: Comparison[] = [];
  for (const [most, size] of counted) {
    const count = outOf(gpu, most);
    const contexts = Array.from({ length: count }, (_, seed) => ({
      ...randomContext(seed, size),
      ...(seed % 3 > 0 && { mirostatMu: (seed % 40) / 4 - 1 }),
    }));
    results.push(...(await compareWithReference(gpu, batch(count, count, size), options, contexts)));
  }
  return results;
}

async function checkFirst(gpu: Gpu, options: SamplingOptions): Promise<Comparison[]> {
  const results: Comparison[] = [];
  for (const [most, size] of counted) {
    const count = outOf(gpu, most);
    const automaton = lettersAutomaton('(ab*|c(d|e)+a?)*', size);
    const states = (automaton.table.length - 256) / (automaton.classes + 1);
    const contexts = Array.from({ length: count }, (_, seed) => ({
      ...randomContext(seed, size),
      automatonState: seed % states,
    }));
    const vectors = batch(count, count, size);
    const breakers = { dryBreakers: [3] };
    for (const textual of [breakers, { ...breakers, automaton }])
      results.push(...(await compareWithReference(gpu, vectors, options, contexts, undefined, textual)));
  }
  return results;
}

async function checkOddLogits(gpu: Gpu): Promise<Comparison[]> {
  const nan = Number.NaN;
  const inf = Number.POSITIVE_INFINITY;
  const odd = [
    [nan, nan, nan, nan],
    [nan, 1, nan, 1],
    [-inf, -inf, -2, -inf],
    [inf, 1, 2, inf],
    [-0, 0, 1e-40, -1e-40],
    [3e38, -3e38, 3e38, 0],
  ].map((values) => Float32Array.from({ length: small }, (_, id) => values[id % 4] as number));
  const results: Comparison[] = [];
  for (const options of [{}, { temperature: 0 }, { topP: 0.5 }, { topK: 2, typicalP: 0.5 }])
    results.push(...(await compareWithReference(gpu, odd, options)));
  return results;
}

async function checkSmallest(gpu: Gpu): Promise<Comparison[]> {
  const ids = Array.from({ length: small }, (_, id) => id);
  const logitBias = Object.fromEntries(ids.map((id) => [id, Number.NEGATIVE_INFINITY]));
  const vectors = [Float32Array.of(1, 3, 3, 1, 1, 1, 1), new Float32Array(small).fill(1)];
  const sampling = resolveSampling({ logitBias });
  const { columns } = await sampleOnGpu(gpu, { vectors, contexts: [empty, empty], sampling });
  return [
    ...(await compareWithReference(gpu, [Float32Array.of(3)], { topK: 1, topP: 0.5 })),
    compareExactly(
      'tokens',
      columns.map(({ chosen }) => chosen),
      [1, 0],
    ),
  ];
}

/** Rows without a token are the likeliest, in the context, and favoured by a bias. */
async function checkDrawable(gpu: Gpu): Promise<Comparison[]> {
  const drawable = 290;
  const vectors = [1, 2].map((seed) => randomLogits(seed, medium).map((x, id) => (id < drawable ? x : 40)));
  const contexts = vectors.map(() => ({ ids: [3, 297, 5, 298, 5, 298], promptLength: 2 }));
  const logitBias = { 4: 2, 295: 9 };
  const compared: Comparison[] = [];
  for (const options of [
    { temperature: 0, repetitionPenalty: 1.2 },
    { topK: 299, topP: 0.9, logitBias },
    { temperature: 0.8, minP: 0.05, noRepeatNgramSize: 2, frequencyPenalty: 0.5 },
  ])
    compared.push(...(await compareWithReference(gpu, vectors, options, contexts, drawable)));
  return compared;
}

async function checkMemory(gpu: Gpu): Promise<Comparison[]> {
  const sampling = resolveSampling({ temperature: 0, noRepeatNgramSize: 4, presencePenalty: 0.1 });
  const contexts = [{ ids: [2, 2, 1], promptLength: 1 }, empty];
  const vectors = [1, 2].map((id) => Float32Array.from({ length: small }, (_, at) => (at === id ? 9 : 0)));
  const { columns } = await sampleOnGpu(gpu, { vectors, contexts, sampling });
  const seen = 0x80000000;
  const flat = columns.flatMap(({ chosen, contextLength, counts }) => [chosen, contextLength, ...counts]);
  const rest = new Array(small - 3).fill(0);
  const [first, second] = [
    [1, 4, 0, seen + 2, seen + 1, ...rest],
    [2, 1, 0, 0, seen + 1, ...rest],
  ];
  return [compareExactly('state', flat, [...first, ...second])];
}

/** Draws follow the distribution: chi-square within five standard deviations. */
async function checkFrequencies(gpu: Gpu): Promise<Comparison[]> {
  const logits = randomLogits(3, medium);
  const sampling = resolveSampling({ temperature: 0.9, topK: 60, topP: 0.97, seed: 4 });
  const { ids, probabilities } = distribution(logits, empty, sampling);
  const counts = new Map<number, number>();
  const vectors = Array.from({ length: outOf(gpu, 1000) }, () => logits);
  const contexts = vectors.map(() => empty);
  const rounds = outOf(gpu, 100);
  for (let draw = 0; draw < rounds; draw++) {
    const { columns } = await sampleOnGpu(gpu, { vectors, contexts, sampling, draw });
    for (const { chosen } of columns) counts.set(chosen, (counts.get(chosen) ?? 0) + 1);
  }
  let chiSquare = 0;
  for (const [i, id] of ids.entries()) {
    const expected = rounds * vectors.length * (probabilities[i] as number);
    chiSquare += ((counts.get(id) ?? 0) - expected) ** 2 / expected;
    counts.delete(id);
  }
  const freedom = ids.length - 1;
  return [
    checkThat('no token outside the support', counts.size === 0),
    compareNumbers('chi-square', [chiSquare], [freedom], { absolute: 5 * Math.sqrt(2 * freedom) }),
  ];
}

export const sampleOperation: Operation = {
  name: 'sampling',
  cases: [
    // Options are numbers to the kernel: those that use every part of it stand for the others in a brief test.
    ...settings.map((options) => {
      const one = kernelCase(JSON.stringify(options), (gpu) => checkSettings(gpu, options));
      return repeating(one, !('typicalP' in options) && options.temperature !== 0);
    }),
    ...modifiers.map((options) => {
      const name = `with penalties, bias and bans: ${optionText(options)}`;
      const one = kernelCase(name, (gpu) => checkModifiers(gpu, options));
      return repeating(one, options !== modifiers.at(-1));
    }),
    ...statistics.map((options) => {
      const one = kernelCase(JSON.stringify(options), (gpu) => checkStatistics(gpu, options));
      return repeating(one, options !== statistics.at(-1));
    }),
    kernelCase('a constraint', (gpu) => checkFirst(gpu, { temperature: 0.8 })),
    kernelCase('a constraint and DRY', (gpu) =>
      checkFirst(gpu, { dryMultiplier: 0.8, repetitionPenalty: 1.1, topNSigma: 2 }),
    ),
    kernelCase('logits that are not numbers, equal, infinite or tiny', checkOddLogits),
    kernelCase('a vocabulary of one, and everything banned', checkSmallest),
    kernelCase('rows without a token are never drawn', checkDrawable),
    kernelCase('a large vocabulary by as many lanes as there are slots', (gpu) =>
      compareWithReference(gpu, batch(992, 2, evenLarge), { topK: 50, topP: 0.95, typicalP: 0.9 }),
    ),
    kernelCase('it remembers what it chose', checkMemory),
    kernelCase('draws as often as the distribution says', checkFrequencies),
  ],
};

/** JSON knows no infinity, which a ban is. */
function optionText(options: SamplingOptions): string {
  return JSON.stringify(options, (_, value) => (value === Number.NEGATIVE_INFINITY ? '-Infinity' : value));
}
