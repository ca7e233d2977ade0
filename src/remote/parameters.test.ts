import { describe, expect, it } from 'vitest';
import { parametersOf } from './parameters.ts';
import { serverKind } from './servers.ts';

const unknown = serverKind(undefined);
const llamaCpp = serverKind('llamacpp');
const vllm = serverKind('vllm');

describe('options that are left out', () => {
  it('say nothing to a server of which nothing is known', () => {
    expect(parametersOf({}, unknown)).toEqual({ logprobs: 1 });
  });

  it('have no effect on servers with defaults of their own', () => {
    expect(parametersOf({}, vllm)).toMatchObject({
      temperature: 1,
      top_p: 1,
      min_p: 0,
      repetition_penalty: 1,
    });
    expect(parametersOf({}, llamaCpp)).toMatchObject({ temperature: 1, top_k: 0, top_p: 1, min_p: 0 });
  });

  it.each([
    ['vllm', -1],
    ['llamacpp', 0],
  ])('are top-k off as %s writes it, as are 0 and -1', (owner, off) => {
    for (const options of [{}, { topK: 0 }, { topK: -1 }])
      expect(parametersOf(options, serverKind(owner)).top_k).toBe(off);
    expect(parametersOf({ topK: 4 }, serverKind(owner)).top_k).toBe(4);
  });
});

describe("options in llama.cpp's words", () => {
  it('have its names, its order of samplers and the whole context to look back on', () => {
    const body = parametersOf({ repetitionPenalty: 1.3, dryMultiplier: 0.8, mirostatTau: 3 }, llamaCpp);
    expect(body).toMatchObject({ repeat_penalty: 1.3, dry_multiplier: 0.8, mirostat: 2, mirostat_tau: 3 });
    expect(body.repetition_penalty).toBeUndefined();
    for (const name of ['repeat_last_n', 'dry_penalty_last_n']) expect(body[name]).toBeGreaterThan(1e4);
    expect(body.samplers).toEqual([
      ...['dry', 'penalties', 'top_n_sigma', 'temperature', 'top_k', 'top_p', 'min_p', 'typ_p'],
    ]);
  });

  it('are a schema, or a grammar of choices; a regular expression is refused', () => {
    const jsonSchema = { type: 'integer' };
    expect(parametersOf({ constraint: { jsonSchema } }, llamaCpp)).toMatchObject({ json_schema: jsonSchema });
    expect(parametersOf({ constraint: { choices: [' yes', '"ö"\n'] } }, llamaCpp)).toMatchObject({
      grammar: 'root ::= " yes" | "\\U00000022\\U000000f6\\U00000022\\U0000000a"',
    });
    expect(() => parametersOf({ constraint: { regex: 'a+' } }, llamaCpp)).toThrow(/constraint \(regex\)/);
  });
});

it('a constraint of no known form is refused before anything is sent', () => {
  for (const constraint of [{ choices: [] }, { choices: [1] }, { regex: 1 }, {}])
    expect(() => parametersOf({ constraint: constraint as never }, vllm)).toThrow(/constraint must be/);
});
