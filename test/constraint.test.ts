import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GenerateOptions, LoadedModel } from '../src/engine/index.ts';
import { openTinyTales } from './support/tiny-tales.ts';

let model: LoadedModel;
beforeAll(async () => {
  ({ model } = await openTinyTales('cpu'));
});
afterAll(() => model.dispose());

const prompt = 'Once upon a time';

async function write(options: GenerateOptions) {
  const texts: string[] = [];
  const ids: number[] = [];
  let reason: string | undefined;
  for await (const token of model.generate(prompt, { maxNewTokens: 40, seed: 3, ...options })) {
    texts[token.sequence] = (texts[token.sequence] ?? '') + token.text;
    ids.push(token.id);
    reason = token.finishReason ?? reason;
  }
  return { texts, ids, reason };
}

describe('a constrained generation', () => {
  it('matches, whatever else is asked for, and ends where nothing can follow', async () => {
    for (const more of [
      { temperature: 0 },
      { topK: 2 },
      { n: 3, topNSigma: 1 },
      { temperature: 2, dryMultiplier: 1 },
    ]) {
      const { texts, reason } = await write({ constraint: { regex: ', [a-z]{4,9} \\d\\d?!' }, ...more });
      for (const text of texts) expect(text).toMatch(/^, [a-z]{4,9} \d\d?!$/);
      expect(reason).toBe('stop');
    }
  });

  it('may end with the end-of-text token where the text may end, and not before', async () => {
    const [eos] = model.config.eosTokenIds;
    const options = { constraint: { regex: ' (a|the) cat( sat)*' }, logitBias: { [eos as number]: 100 } };
    const { texts, reason } = await write(options);
    expect([' a cat', ' the cat']).toContain(texts[0]);
    expect(reason).toBe('eos');
    const onward = await write({ ...options, eos: false, maxNewTokens: 12 });
    expect(onward.reason).toBe('length');
    expect(onward.texts[0]).toMatch(/^ (a|the) cat( sat)+/);
  });

  it('writes the same tokens with drafts', async () => {
    const constraint = { regex: '( one two three)+\\.' };
    const plain = await write({ constraint, temperature: 0, maxNewTokens: 30 });
    const drafted = await write({ constraint, temperature: 0, maxNewTokens: 30, promptLookupNumTokens: 4 });
    expect(drafted).toEqual(plain);
  });

  it('cannot be combined with beam search', async () => {
    await expect(write({ constraint: { choices: ['a'] }, numBeams: 2 })).rejects.toThrow(
      /numBeams cannot be combined/,
    );
  });
});

describe('the other samplers in a generation', () => {
  it('DRY ends a loop that greedy decoding stays in', async () => {
    const logitBias = Object.fromEntries(model.encode(' very').map((id) => [id, 12]));
    const plain = await write({ temperature: 0, logitBias, maxNewTokens: 20 });
    const dry = await write({ temperature: 0, logitBias, maxNewTokens: 20, dryMultiplier: 3 });
    expect(new Set(plain.ids).size).toBeLessThan(3);
    expect(new Set(dry.ids).size).toBeGreaterThan(3);
  });

  it('mirostat with a low target writes what surprises less', async () => {
    const bits = async (more: GenerateOptions) => {
      let sum = 0;
      for await (const { logprob } of model.generate(prompt, {
        maxNewTokens: 80,
        eos: false,
        seed: 1,
        ...more,
      }))
        sum -= logprob / Math.LN2;
      return sum / 80;
    };
    expect(await bits({ mirostatTau: 0.3, mirostatEta: 0.3 })).toBeLessThan(0.7 * (await bits({})));
    await expect(write({ mirostatTau: 3, promptLookupNumTokens: 3 })).rejects.toThrow(
      /mirostatTau cannot be combined/,
    );
  });

  it('each draws the same text for the same seed', async () => {
    for (const options of [
      { topNSigma: 1.2 },
      { dynatempRange: 0.5 },
      { mirostatTau: 3 },
      { dryMultiplier: 0.8 },
    ])
      expect(await write(options)).toEqual(await write(options));
  });
});
