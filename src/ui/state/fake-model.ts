import type {
  GeneratedToken,
  GenerateOptions,
  Inspection,
  Model,
  ModelCard,
  ModelStats,
} from '../../engine/index.ts';
import { VitrineError } from '../../lib/index.ts';
import { fakeInside } from './fake-inside.ts';

/** How the stand-in writes. */
export interface FakeWriting {
  /** Milliseconds per token. */
  pace?: number;
  failGenerate?: VitrineError;
}

const words =
  ' there was a king who had three daughters and the youngest of them went into the forest to find a golden bird .'
    .split(/(?= )/)
    .concat(['\n', ',', 'Once', ' upon', ' time', "'"]);

export const config = {
  vocabSize: words.length + 0x110,
  nPositions: 512,
  nEmbd: 8,
  nLayer: 1,
  nHead: 1,
  nInner: 32,
  activation: 'gelu_tanh' as const,
  layerNormEpsilon: 1e-5,
  scaleAttnWeights: true,
  scaleAttnByInverseLayerIdx: false,
  tieWordEmbeddings: true,
  eosTokenIds: [words.length],
};

export const adapter = {
  backend: 'webgpu' as const,
  vendor: 'fake',
  architecture: 'stand-in',
  device: '',
  description: 'A stand-in',
  software: true,
  features: [],
  limits: {},
};

const firstByte = words.length + 0x10;

function encode(text: string): number[] {
  const ids: number[] = [];
  let rest = text;
  while (rest) {
    const word = words.findIndex((other) => rest.startsWith(other));
    const point = rest.codePointAt(0) ?? 0;
    const piece = word >= 0 ? (words[word] ?? '') : String.fromCodePoint(point);
    if (word >= 0) ids.push(word);
    else ids.push(...[...new TextEncoder().encode(piece)].map((byte) => firstByte + byte));
    rest = rest.slice(piece.length);
  }
  return ids;
}

function decode(ids: readonly number[]): string {
  const bytes = ids.flatMap((id) =>
    id >= firstByte ? [id - firstByte] : [...new TextEncoder().encode(words[id] ?? '')],
  );
  return new TextDecoder().decode(new Uint8Array(bytes));
}

/** Logits that depend on the last ids only, so that tests can tell contexts apart. */
function logitsAfter(ids: readonly number[]): Float32Array {
  const logits = new Float32Array(config.vocabSize).fill(-20);
  const salt = (ids.at(-1) ?? 0) * 31 + (ids.at(-2) ?? 0) * 17;
  for (let id = 0; id < words.length; id++) logits[id] = 3 * Math.sin(salt + id * 7.3) - (id > 22 ? 4 : 0);
  return logits;
}

function ranked(ids: readonly number[]): { id: number; text: string; logprob: number }[] {
  const logits = logitsAfter(ids);
  const normal = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
  return [...logits]
    .map((logit, id) => ({ id, text: decode([id]), logprob: logit - normal }))
    .sort((a, b) => b.logprob - a.logprob);
}

async function* sequence(
  start: number[],
  options: GenerateOptions,
  number: number,
  pace: number,
): AsyncGenerator<GeneratedToken> {
  const ids = [...start];
  const count = options.maxNewTokens ?? 50;
  for (let index = 0; index < count; index++) {
    if (pace > 0) await new Promise((resolve) => setTimeout(resolve, pace));
    if (options.signal?.aborted) throw new VitrineError('aborted', 'Generation was aborted.');
    const best = ranked(ids);
    const greedy = options.temperature === 0;
    const pick = greedy ? best[0] : best[((options.seed ?? 0) + index * 7 + number * 3) % 5];
    if (!pick) return;
    ids.push(pick.id);
    const alternatives = best.slice(0, options.logprobs ?? 0);
    const last = index === count - 1;
    yield {
      ...pick,
      index,
      sequence: number,
      alternatives,
      ...(last ? { finishReason: 'length' as const } : {}),
    };
  }
}

/** Every token looks evenly at all before it; every layer would say the same. */
function inspection(ids: number[]): Inspection {
  const size = ids.length;
  const weights = new Float32Array(size * size);
  for (let t = 0; t < size; t++) weights.fill(1 / (t + 1), t * size, t * size + t + 1);
  const lens = ids.map((_, i) =>
    ranked(ids.slice(0, i + 1))
      .slice(0, 1)
      .map(({ id, text, logprob }) => ({ id, text, logit: logprob, probability: Math.exp(logprob) })),
  );
  return { ids, attention: [[weights, weights]], logitLens: [lens, lens] };
}

function score(ids: number[]) {
  const logprob = (token: number, i: number) =>
    ranked(ids.slice(0, i)).find((other) => other.id === token)?.logprob ?? -20;
  const logprobs = ids.map((token, i) => (i === 0 ? Number.NaN : logprob(token, i)));
  const rank = (token: number, i: number) =>
    ranked(ids.slice(0, i)).findIndex((other) => other.id === token) + 1;
  const ranks = ids.map((token, i) => (i === 0 ? Number.NaN : rank(token, i)));
  const entropy = (i: number) =>
    ranked(ids.slice(0, i)).reduce((sum, { logprob }) => sum - Math.exp(logprob) * logprob, 0);
  const entropies = ids.map((_, i) => (i === 0 ? Number.NaN : entropy(i)));
  return { ids, logprobs, ranks, entropies, perplexity: 1 };
}

const card: ModelCard = {
  format: 'safetensors',
  files: ['model.safetensors'],
  tokenizer: { kind: 'byte-level BPE', size: config.vocabSize, before: [] },
  tiedHead: true,
  paddedRows: 0,
  sampling: {},
  notices: [],
};

const stats: ModelStats = {
  gpuBytes: 1e6,
  prefillTokensPerSecond: 500,
  decodeTokensPerSecond: 50,
  timeToFirstTokenMs: 20,
  dispatchesPerToken: 32,
  submitsPerToken: 1,
};

/** Sequences side by side, step by step. */
async function* sequences(
  start: number[],
  options: GenerateOptions,
  pace: number,
): AsyncGenerator<GeneratedToken> {
  const runs = Array.from({ length: options.n ?? 1 }, (_, i) => sequence(start, options, i, pace));
  for (;;) {
    const step = await Promise.all(runs.map((run) => run.next()));
    const tokens = step.flatMap((result) => (result.done ? [] : [result.value]));
    if (tokens.length === 0) return;
    yield* tokens;
  }
}

const idsOf = (textOrIds: string | number[]) =>
  typeof textOrIds === 'string' ? encode(textOrIds) : textOrIds;

export function fakeModel(id: string, dtype: string, { pace = 0, failGenerate }: FakeWriting): Model {
  return {
    ...{ id, revision: 'stand-in', config, dtype, adapter, card, encode, decode },
    logits: async (ids) => logitsAfter(ids),
    score: async (textOrIds) => score(idsOf(textOrIds)),
    async *generate(prompt, options = {}) {
      if (failGenerate) throw failGenerate;
      const seed = (options.seed ?? 0) + (options.edits?.length ?? 0);
      yield* sequences(idsOf(prompt), { ...options, seed }, pace);
    },
    ...fakeInside(encode, logitsAfter),
    inspect: async (textOrIds) => inspection(idsOf(textOrIds)),
    stats: () => stats,
    setAdapter: async () => {},
    dispose() {},
  };
}
