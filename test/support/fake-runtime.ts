import type { Edit, GPT2Config } from '../../src/model/index.ts';
import type { DecodedToken, DecodeRequest, Runtime, SampleRequest } from '../../src/runtime/index.ts';
import { sampleReference } from '../../src/sampling/index.ts';
import { tinyConfig } from './model.ts';

/** Logits after a context, as a test makes them up. */
export type Rule = (ids: readonly number[]) => Float32Array;

export interface FakeRuntime extends Runtime {
  /** Calls of `sampleNext`, and rows in them. */
  passes: number;
  rows: number;
  /** Makes the next call fail as a lost device does. */
  failNext: Error | undefined;
  /** Edits that `setEdits` has set. */
  edits: readonly Edit[];
}

type SampledRow = SampleRequest['rows'][number];

/** The ids each sequence's KV cache holds. Throws if a caller assumes others. */
class CheckedCache {
  private sequences: number[][] = [[]];
  /** Length at which each sequence can be continued by `decode`; unknown after `sampleNext`. */
  private ends: number[] = [];

  constructor(private readonly contextLength: number) {}

  reserve(count: number): void {
    const [first = []] = this.sequences;
    this.sequences = Array.from({ length: count }, (_, at) => (at === 0 ? first : []));
  }

  write(sequence: number, position: number, ids: readonly number[]): void {
    const held = this.sequences[sequence];
    if (!held || held.length < position) throw new Error(`sequence ${sequence} does not reach ${position}`);
    if (position + ids.length > this.contextLength) throw new Error('past the context');
    held.splice(position, held.length, ...ids);
    this.ends[sequence] = held.length;
  }

  /** Writes the last of `ids`; the cache must hold the others. */
  append(sequence: number, ids: readonly number[]): void {
    this.expect(sequence, ids.slice(0, -1));
    this.write(sequence, ids.length - 1, ids.slice(-1));
  }

  fork(from: number, to: readonly number[], length: number): void {
    for (const sequence of to) {
      this.sequences[sequence] = (this.sequences[from] ?? []).slice(0, length);
      this.ends[sequence] = this.ends[from] as number;
    }
  }

  expect(sequence: number, ids: readonly number[]): void {
    const held = this.sequences[sequence] ?? [];
    if (ids.some((id, at) => held[at] !== id)) throw new Error(`sequence ${sequence} holds other ids`);
  }

  expectEnd(sequence: number, ids: readonly number[]): void {
    this.expect(sequence, ids);
    if (this.ends[sequence] !== ids.length) throw new Error(`sequence ${sequence} does not end there`);
  }

  forgetEnds(): void {
    this.ends = [];
  }
}

function sampleToken(
  rule: Rule,
  row: SampledRow,
  { sampling, alternatives }: Pick<SampleRequest, 'sampling' | 'alternatives'>,
): DecodedToken {
  const logits = rule(row.ids);
  const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
  const ranked = [...logits.subarray(0, sampling.drawable).keys()].sort(
    (left, right) => (logits[right] as number) - (logits[left] as number) || left - right,
  );
  const id = sampleReference(logits, row, sampling, row);
  const logprob = (of: number) => (logits[of] as number) - total;
  return {
    sequence: row.sequence,
    id,
    logprob: logprob(id),
    alternatives: ranked.slice(0, alternatives).map((other) => ({ id: other, logprob: logprob(other) })),
  };
}

/** The token loop over the fake; `fail` is called before each step. */
async function* decode(rule: Rule, cache: CheckedCache, request: DecodeRequest, fail: () => void) {
  let running = request.sequences.map((sequence, at) => ({
    sequence,
    ids: [...(request.contexts[at]?.ids ?? [])],
    promptLength: request.contexts[at]?.promptLength ?? 0,
  }));
  for (const { sequence, ids } of running) cache.expectEnd(sequence, ids);
  for (let step = 0; step < request.maxSteps && running.length > 0; step++) {
    await Promise.resolve();
    fail();
    if (step > 0) for (const { sequence, ids } of running) cache.append(sequence, ids);
    const draw = request.firstDraw + step;
    const tokens = running.map((row) => sampleToken(rule, { ...row, draw }, request));
    for (const [at, row] of running.entries()) row.ids.push(tokens[at]?.id as number);
    running = running.filter(({ ids }) => !request.eosTokenIds.includes(ids.at(-1) as number));
    const last = request.signal?.aborted;
    yield tokens;
    if (last) return;
  }
}

/** A runtime without a model: its logits follow a rule, and it throws if a caller assumes ids the cache does not hold. */
export function fakeRuntime(rule: Rule, changes: Partial<GPT2Config> = {}): FakeRuntime {
  const config = { ...tinyConfig, ...changes };
  const cache = new CheckedCache(config.nPositions);
  const fake = { passes: 0, rows: 0, failNext: undefined as Error | undefined, edits: [] as readonly Edit[] };
  const fail = () => {
    const error = fake.failNext;
    fake.failNext = undefined;
    if (error) throw error;
  };
  const runtime: Runtime = {
    config,
    contextLength: config.nPositions,
    lost: new Promise(() => {}),
    async swapWeights() {},
    reserve: async (sequences) => cache.reserve(sequences),
    async prefill(sequence, position, ids) {
      fail();
      cache.write(sequence, position, ids);
    },
    fork: async (from, to, length) => cache.fork(from, to, length),
    decode: (request) => decode(rule, cache, request, fail),
    async sampleNext(request) {
      await Promise.resolve();
      fail();
      fake.passes++;
      fake.rows += request.rows.length;
      for (const { sequence, ids } of request.rows) cache.append(sequence, ids);
      cache.forgetEnds();
      return request.rows.map((row) => sampleToken(rule, row, request));
    },
    logits: () => Promise.reject(new Error('not faked')),
    score: () => Promise.reject(new Error('not faked')),
    inspect: () => Promise.reject(new Error('not faked')),
    run: () => Promise.reject(new Error('not faked')),
    async setEdits(edits) {
      fake.edits = edits;
    },
    stats: () => ({ gpuBytes: 0, dispatchesPerToken: 0, submitsPerToken: 0 }),
    dispose() {},
  };
  return Object.assign(fake, runtime);
}

/** A rule that is a pure function of the last `memory` ids: texts run into loops, sooner the shorter the memory. */
export function hashRule(vocabSize: number, memory: number, seed: number): Rule {
  return (ids) => {
    let state = seed >>> 0;
    for (const id of ids.slice(-memory)) state = (Math.imul(state ^ (id + 1), 0x01000193) + 0x9e3779b9) >>> 0;
    return Float32Array.from({ length: vocabSize }, () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return ((state >>> 0) / 2 ** 32) * 4;
    });
  };
}
