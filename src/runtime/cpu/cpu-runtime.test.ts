import { beforeAll, describe, expect, it } from 'vitest';
import { readCheckpoint, readJson } from '../../../test/support/checkpoint.ts';
import { cpuRuntime, greedy, largestDifference } from '../../../test/support/cpu.ts';
import { VitrineError } from '../../lib/index.ts';
import { referenceForward } from '../../model/index.ts';
import { resolveSampling, sampleReference } from '../../sampling/index.ts';
import { entropyOf, likeliest, rankOf } from '../../shaders/reference/index.ts';
import { greedyRequest } from '../greedy.ts';
import type { DecodedToken, DecodeRequest, Runtime } from '../runtime.ts';
import { f32Matrices, plainMath } from './packed-matrix.ts';

interface Golden {
  prompts: { name: string; ids: number[]; last_logits: number[]; greedy_ids: number[] }[];
  inside: {
    ids: number[];
    attention_layer0_head0: number[][];
    logit_lens_top1: number[][];
    logit_lens_last_position_top5_logits: number[][];
  };
}

const golden = readJson<Golden>('test/golden/tiny-tales/reference.json');
const checkpoint = readCheckpoint('public/models/tiny-tales');
const sentence = golden.prompts.find(({ name }) => name === 'sentence')?.ids as number[];

function request(changes: Partial<DecodeRequest> & { ids: readonly number[] }): DecodeRequest {
  const { ids, ...rest } = changes;
  return { ...greedyRequest(ids, 8), ...rest };
}

async function collect(runtime: Runtime, asked: DecodeRequest): Promise<DecodedToken[][]> {
  const steps: DecodedToken[][] = [];
  for await (const step of runtime.decode(asked)) steps.push(step);
  return steps;
}

describe('the bundled model on the CPU', () => {
  let runtime: Runtime;
  beforeAll(() => {
    runtime = cpuRuntime(checkpoint);
  });

  it.each(golden.prompts.map((prompt) => [prompt.name, prompt] as const))(
    'gives the logits and the greedy tokens after the prompt %s',
    async (_, prompt) => {
      await runtime.prefill(0, 0, prompt.ids);
      expect(largestDifference(await runtime.logits(0), prompt.last_logits)).toBeLessThan(1e-3);
      expect(await greedy(runtime, prompt.ids, 64)).toEqual(prompt.greedy_ids);
    },
  );

  it('computes the same to the bit whatever the prompt is cut into', async () => {
    const ids = golden.prompts.find(({ name }) => name === 'long')?.ids.slice(0, 70) as number[];
    await runtime.prefill(0, 0, ids);
    const whole = await runtime.logits(0);
    for (const size of [1, 2, 3, 31, 32, 33, 69]) {
      for (let at = 0; at < ids.length; at += size) await runtime.prefill(0, at, ids.slice(at, at + size));
      expect(await runtime.logits(0)).toEqual(whole);
    }
  });

  it('scores the same whatever the text is cut into, and before as after a prompt', async () => {
    const ids = golden.prompts.find(({ name }) => name === 'long')?.ids.slice(0, 70) as number[];
    const targets = [...ids.slice(1), -1];
    const whole = await runtime.score({ sequence: 0, position: 0, ids, targets, top: 2 });
    for (let at = 0; at < ids.length; at += 10) {
      const [some, next] = [ids.slice(at, at + 10), targets.slice(at, at + 10)];
      const scores = await runtime.score({ sequence: 0, position: at, ids: some, targets: next, top: 2 });
      expect(scores.logprobs).toEqual(whole.logprobs.slice(at, at + 10));
      expect(scores.likeliest).toEqual(whole.likeliest.slice(at, at + 10));
      await runtime.prefill(0, at, some);
    }
  });

  it('continues from the middle of the cache', async () => {
    await runtime.prefill(0, 0, [...sentence.slice(0, 9), 5, 6, 7]);
    await runtime.prefill(0, 9, sentence.slice(9));
    const resumed = await runtime.logits(0);
    await runtime.prefill(0, 0, sentence);
    expect(await runtime.logits(0)).toEqual(resumed);
  });

  it('scores targets as the logits do', async () => {
    const targets = [...sentence.slice(1), -1];
    const scores = await runtime.score({ sequence: 0, position: 0, ids: sentence, targets, top: 3 });
    const pass = referenceForward(checkpoint.config, checkpoint.weights, sentence);
    for (const [t, target] of targets.entries()) {
      const logits = pass.logits(t);
      const top = Math.max(...logits);
      const best = scores.likeliest[t] ?? [];
      expect(best.map(({ id }) => id)).toEqual(likeliest(logits, 3));
      expect(logits[best[0]?.id ?? -1]).toBe(top);
      expect(scores.entropies[t]).toBeCloseTo(entropyOf(logits), 4);
      expect(scores.ranks[t]).toBe(target < 0 ? 0 : rankOf(logits, target));
      if (target < 0) expect(scores.logprobs[t]).toBeNaN();
      else {
        const sum = logits.reduce((all, logit) => all + Math.exp(logit - top), 0);
        expect(scores.logprobs[t]).toBeCloseTo((logits[target] as number) - top - Math.log(sum), 4);
      }
    }
  });

  it('shows attention and the logit lens', async () => {
    const { ids, ...inside } = golden.inside;
    const views = await runtime.inspect(ids, { attention: true, logitLensTop: 5 });
    const T = ids.length;
    for (const [i, row] of inside.attention_layer0_head0.entries())
      expect(
        largestDifference(row, views.attention?.[0]?.[0]?.subarray(i * T, (i + 1) * T) as Float32Array),
      ).toBeLessThan(1e-4);
    expect(views.logitLens).toHaveLength(7);
    const lens = views.logitLens?.slice(1) ?? [];
    expect(lens.map((stage) => stage.map((top) => top[0]?.id))).toEqual(inside.logit_lens_top1);
    for (const [l, expected] of inside.logit_lens_last_position_top5_logits.entries()) {
      const logits = (lens[l]?.at(-1) ?? []).map(({ logit }) => logit);
      expect(largestDifference(logits, expected)).toBeLessThan(1e-3);
    }
    const logits = await runtime.logits(0);
    expect(logits[lens[5]?.at(-1)?.[0]?.id as number]).toBeCloseTo(Math.max(...logits), 5);
  });

  it('samples what the sampling reference draws, and can go on where it was', async () => {
    const sampling = resolveSampling({ temperature: 1.1, topK: 50, repetitionPenalty: 1.2, seed: 7 });
    await runtime.prefill(0, 0, sentence);
    const steps = await collect(runtime, request({ ids: sentence, sampling, alternatives: 3 }));
    const ids = [...sentence];
    for (const [draw, [token]] of steps.entries()) {
      await runtime.prefill(0, 0, ids);
      const logits = await runtime.logits(0);
      const context = { ids, promptLength: sentence.length };
      expect(token?.id).toBe(sampleReference(logits, context, sampling, { sequence: 0, draw }));
      expect(token?.alternatives).toHaveLength(3);
      expect(logits[token?.alternatives[0]?.id as number]).toBe(Math.max(...logits));
      ids.push(token?.id as number);
    }
    const middle = ids.slice(0, sentence.length + 3);
    await runtime.prefill(0, 0, middle);
    const contexts = [{ ids: middle, promptLength: sentence.length }];
    const rest = await collect(
      runtime,
      request({ ids: middle, contexts, sampling, firstDraw: 3, maxSteps: 5 }),
    );
    expect(rest.map(([token]) => token?.id)).toEqual(ids.slice(middle.length));
  });

  it('gives the same results for parallel and single sequences', async () => {
    await runtime.reserve(3);
    const prompts = [sentence, sentence, sentence.slice(0, 11)];
    await runtime.prefill(0, 0, sentence);
    await runtime.fork(0, [1], sentence.length);
    await runtime.prefill(2, 0, prompts[2] as number[]);
    const together = await collect(
      runtime,
      request({
        ids: [],
        sequences: [0, 1, 2],
        contexts: prompts.map((ids) => ({ ids, promptLength: ids.length })),
        sampling: resolveSampling({ seed: 3 }),
        maxSteps: 6,
      }),
    );
    expect(together).toHaveLength(6);
    for (const [sequence, ids] of prompts.entries()) {
      await runtime.prefill(sequence, 0, ids);
      const asked = { ids, sequences: [sequence], sampling: resolveSampling({ seed: 3 }), maxSteps: 6 };
      const alone = await collect(runtime, request(asked));
      expect(alone.map(([token]) => token)).toEqual(together.map((step) => step[sequence]));
    }
    await runtime.reserve(1);
  });

  it('lets a sequence rest after an end-of-text token', async () => {
    await runtime.prefill(0, 0, sentence);
    const [first] = (await collect(runtime, request({ ids: sentence, maxSteps: 4 }))).slice(1);
    await runtime.prefill(0, 0, sentence);
    const steps = await collect(runtime, request({ ids: sentence, eosTokenIds: [first?.[0]?.id as number] }));
    expect(steps).toHaveLength(2);
  });

  it('stops when the signal fires, and lets the event loop run meanwhile', async () => {
    await runtime.prefill(0, 0, sentence);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 30);
    const asked = request({ ids: sentence, maxSteps: 400, signal: controller.signal });
    const steps = await collect(runtime, asked);
    expect(steps.length).toBeGreaterThan(0);
    expect(steps.length).toBeLessThan(400);
    await expect(runtime.prefill(0, 0, sentence, controller.signal)).rejects.toMatchObject({
      code: 'aborted',
    });
    const later = new AbortController();
    setTimeout(() => later.abort(), 1);
    const long = Array.from({ length: 500 }, (_, i) => i);
    await expect(runtime.prefill(0, 0, long, later.signal)).rejects.toMatchObject({ code: 'aborted' });
  });

  it('refuses what does not fit, and everything once disposed', async () => {
    const short = cpuRuntime(checkpoint, 16);
    await expect(short.prefill(0, 0, sentence)).rejects.toMatchObject({ code: 'context-overflow' });
    await expect(short.prefill(0, 0, [4096])).rejects.toMatchObject({ code: 'invalid-argument' });
    await short.prefill(0, 0, sentence.slice(0, 16));
    expect(await collect(short, request({ ids: sentence.slice(0, 16) }))).toHaveLength(1);
    await short.prefill(0, 0, sentence.slice(0, 14));
    expect(await collect(short, request({ ids: sentence.slice(0, 14) }))).toHaveLength(3);
    short.dispose();
    short.dispose();
    for (const call of [
      () => short.prefill(0, 0, [1]),
      () => short.reserve(2),
      () => short.inspect([1], { attention: true, logitLensTop: 1 }),
    ])
      await expect(call()).rejects.toBeInstanceOf(VitrineError);
  });
});

describe('plain JavaScript', () => {
  it('gives the same greedy tokens', async () => {
    const runtime = cpuRuntime(checkpoint, undefined, f32Matrices(plainMath));
    for (const { ids, last_logits, greedy_ids } of golden.prompts.slice(0, 4)) {
      expect(await greedy(runtime, ids, 16)).toEqual(greedy_ids.slice(0, 16));
      await runtime.prefill(0, 0, ids);
      expect(largestDifference(await runtime.logits(0), last_logits)).toBeLessThan(1e-3);
    }
  });
});

describe('fixture checkpoints on the CPU', () => {
  it.each(['f32-prefixed', 'f16-sharded', 'bf16'])('gives the logits of %s', async (name) => {
    const reference = readJson<{ ids: number[]; logits: number[][] }>(`test/golden/${name}/reference.json`);
    const runtime = cpuRuntime(readCheckpoint(`test/golden/${name}`));
    for (const [t, id] of reference.ids.entries()) {
      await runtime.prefill(0, t, [id]);
      expect(largestDifference(await runtime.logits(0), reference.logits[t] as number[])).toBeLessThan(1e-4);
    }
  });
});
