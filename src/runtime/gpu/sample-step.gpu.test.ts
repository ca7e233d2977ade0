import { describe, expect, test } from 'vitest';
import { sharedGpu } from '../../../test/support/gpu.ts';
import { randomModel, tinyConfig } from '../../../test/support/model.ts';
import { randomIds } from '../../../test/support/numbers.ts';
import { lettersAutomaton } from '../../constraint/index.ts';
import {
  afterToken,
  type ResolvedSampling,
  resolveSampling,
  type SamplingMemory,
  type SamplingOptions,
  sampleReference,
  type TextualSampling,
} from '../../sampling/index.ts';
import { logSumExp } from '../cpu/cpu-sampling.ts';
import type { DecodeRequest } from '../runtime.ts';
import { GpuRuntime } from './gpu-runtime.ts';

const choose = () => ({ lanes: 1, rows: 1, workgroup: 64, reduction: 'none' }) as const;
const steps = 12;
const firstDraw = 3;

const gpu = sharedGpu();

/** Generates after these prompts on the GPU, and by the plain forward pass and the reference sampler. */
async function expectSameTokens(
  prompts: readonly number[][],
  options: SamplingOptions,
  textual?: TextualSampling,
): Promise<void> {
  const { model, forward } = randomModel(gpu(), tinyConfig, {});
  const runtime = new GpuRuntime(gpu(), model, {
    context: tinyConfig.nPositions,
    kv: 'f32',
    chooseVariant: choose,
  });
  await runtime.reserve(prompts.length);
  for (const [sequence, ids] of prompts.entries()) await runtime.prefill(sequence, 0, ids);
  const sampling = resolveSampling({ seed: 11, ...options }, undefined, undefined, textual);
  const generated = prompts.map((): number[] => []);
  for await (const tokens of runtime.decode(requestOf(prompts, sampling)))
    for (const { sequence, id } of tokens) generated[sequence]?.push(id);
  const expected = prompts.map((prompt, sequence) => {
    const ids = [...prompt];
    let memory: SamplingMemory = {};
    for (let step = 0; step < steps; step++) {
      const logits = Float32Array.from(forward(ids).logits(ids.length - 1));
      const context = { ids, promptLength: prompt.length, ...memory };
      const id = sampleReference(logits, context, sampling, { sequence, draw: firstDraw + step });
      memory = afterToken(memory, { id, logprob: (logits[id] as number) - logSumExp(logits) }, sampling);
      ids.push(id);
    }
    return ids.slice(prompt.length);
  });
  expect(generated).toEqual(expected);
}

function requestOf(prompts: readonly number[][], sampling: ResolvedSampling): DecodeRequest {
  return {
    sequences: prompts.map((_, sequence) => sequence),
    contexts: prompts.map((ids) => ({ ids, promptLength: ids.length })),
    sampling,
    firstDraw,
    maxSteps: steps,
    eosTokenIds: [],
    alternatives: 0,
  };
}

describe('decode draws what the reference sampler draws', () => {
  const prompts = [randomIds(1, 9, 61), randomIds(2, 3, 61), randomIds(3, 14, 61)];

  test.each<SamplingOptions>([
    { temperature: 0 },
    { temperature: 1 },
    { temperature: 0.8, topK: 10, topP: 0.9 },
    { temperature: 1.5, minP: 0.05, typicalP: 0.9 },
    { temperature: 0, repetitionPenalty: 1.4 },
    { temperature: 0.3, frequencyPenalty: 0.8, presencePenalty: 0.4 },
    { temperature: 0.2, noRepeatNgramSize: 2 },
    { temperature: 0, noRepeatNgramSize: 1, logitBias: { 4: Number.NEGATIVE_INFINITY, 7: 1.5 } },
  ])('%o', (options) => expectSameTokens(prompts, options));

  test.each<SamplingOptions>([
    { topNSigma: 1 },
    { dynatempRange: 0.9, topP: 0.9 },
    { mirostatTau: 3, mirostatEta: 0.4 },
    { dryMultiplier: 2, dryAllowedLength: 1, temperature: 0.1 },
    { dryMultiplier: 1, temperature: 0 },
    { topNSigma: 2, dynatempRange: 0.5, mirostatTau: 4, dryMultiplier: 1, repetitionPenalty: 1.1 },
  ])('%o', (options) => expectSameTokens(prompts, options, { dryBreakers: [7, 8] }));

  const automaton = lettersAutomaton('(ab*|c(d|e)+a?)*', 61);

  test.each<SamplingOptions>([
    { temperature: 0 },
    { temperature: 1 },
    { temperature: 1, topNSigma: 2, dryMultiplier: 1 },
  ])('under a constraint, %o', (options) =>
    expectSameTokens(prompts, options, { dryBreakers: [], automaton }),
  );

  test('one sequence', () => expectSameTokens([[5, 6, 7]], { temperature: 1, topK: 20 }));
});
