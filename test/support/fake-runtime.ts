import type { Edit, GPT2Config } from '../../src/model/index.ts';
import type { DecodedToken, DecodeRequest, Runtime, SampleRequest } from '../../src/runtime/index.ts';
import { sampleReference } from '../../src/sampling/index.ts';
import { tinyConfig } from './model.ts';

/** Logits after a context, as a test makes them up. */
export type Rule = (ids: readonly number[]) => Float32Array;

export interface FakeRuntime extends Runtime {
  /** Calls of `choose`, and rows in them. */
  passes: number;
  rows: number;
  /** Makes the next call fail as a lost device does. */
  failNext: Error | undefined;
  /** What passes are changed by. */
  edits: readonly Edit[];
}

/**
 * A runtime without a model: logits by a rule, and a cache that is checked. Whoever asks for a token after ids that the
 * cache does not hold gets an error, so that what callers believe of the cache is proven.
 */
export function fakeRuntime(rule: Rule, changes: Partial<GPT2Config> = {}): FakeRuntime {
  const config = { ...tinyConfig, ...changes };
  let cache: number[][] = [[]];
  let ends: number[] = [];
  const fake = { passes: 0, rows: 0, failNext: undefined as Error | undefined, edits: [] as readonly Edit[] };

  const fail = () => {
    const error = fake.failNext;
    fake.failNext = undefined;
    if (error) throw error;
  };
  const write = (sequence: number, position: number, ids: readonly number[]) => {
    const held = cache[sequence];
    if (!held || held.length < position) throw new Error(`sequence ${sequence} does not reach ${position}`);
    if (position + ids.length > config.nPositions) throw new Error('past the context');
    held.splice(position, held.length, ...ids);
    ends[sequence] = held.length;
  };
  const expectHeld = (sequence: number, ids: readonly number[]) => {
    const held = cache[sequence] ?? [];
    if (ids.some((id, at) => held[at] !== id)) throw new Error(`sequence ${sequence} holds other ids`);
  };
  const token = (
    row: { sequence: number; ids: readonly number[]; promptLength: number; draw: number },
    { sampling, alternatives }: Pick<SampleRequest, 'sampling' | 'alternatives'>,
  ): DecodedToken => {
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
  };

  const runtime: Omit<Runtime, 'stats'> & Partial<Runtime> = {
    config,
    contextLength: config.nPositions,
    lost: new Promise(() => {}),
    async swapWeights() {},
    async reserve(sequences) {
      cache = Array.from({ length: sequences }, (_, at) => (at === 0 ? (cache[0] ?? []) : []));
    },
    async prefill(sequence, position, ids) {
      fail();
      write(sequence, position, ids);
    },
    async fork(from, to, length) {
      for (const sequence of to) {
        cache[sequence] = (cache[from] ?? []).slice(0, length);
        ends[sequence] = ends[from] as number;
      }
    },
    async *decode(request: DecodeRequest) {
      let running = request.sequences.map((sequence, at) => ({
        sequence,
        ids: [...(request.contexts[at]?.ids ?? [])],
        promptLength: request.contexts[at]?.promptLength ?? 0,
      }));
      for (const { sequence, ids } of running) {
        expectHeld(sequence, ids);
        if (ends[sequence] !== ids.length) throw new Error(`sequence ${sequence} does not end there`);
      }
      for (let step = 0; step < request.maxSteps && running.length > 0; step++) {
        await Promise.resolve();
        fail();
        if (step > 0) for (const { sequence, ids } of running) write(sequence, ids.length - 1, ids.slice(-1));
        const tokens = running.map((row) => token({ ...row, draw: request.firstDraw + step }, request));
        for (const [at, row] of running.entries()) row.ids.push(tokens[at]?.id as number);
        running = running.filter(({ ids }) => !request.eosTokenIds.includes(ids.at(-1) as number));
        const last = request.signal?.aborted;
        yield tokens;
        if (last) return;
      }
    },
    async sampleNext(request: SampleRequest) {
      await Promise.resolve();
      fail();
      fake.passes++;
      fake.rows += request.rows.length;
      for (const { sequence, ids } of request.rows) {
        expectHeld(sequence, ids.slice(0, -1));
        write(sequence, ids.length - 1, ids.slice(-1));
      }
      ends = [];
      return request.rows.map((row) => token(row, request));
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
  return Object.assign(fake, runtime as Runtime);
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
