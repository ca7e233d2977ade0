import { generateText, streamText } from 'ai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect } from '../../test/support/collect.ts';
import { openTinyTales } from '../../test/support/tiny-tales.ts';
import type { LoadedModel } from '../engine/index.ts';
import { createVitrine, languageModel, type VitrineProvider } from './index.ts';

/** The AI SDK itself over the bundled model on the CPU. */
let model: LoadedModel;
let vitrine: VitrineProvider;
beforeAll(async () => {
  ({ model } = await openTinyTales('cpu'));
  vitrine = createVitrine({ tales: model }, { temperature: 0 });
});
afterAll(() => model.dispose());

const prompt = 'Once upon a time';
const greedyText = async (maxNewTokens: number) =>
  (await collect(model, prompt, { temperature: 0, maxNewTokens })).map(({ text }) => text).join('');

describe('the AI SDK', () => {
  it('generates, with usage, finish reason and log-probabilities', async () => {
    const answer = await generateText({
      model: vitrine('tales'),
      prompt,
      maxOutputTokens: 6,
      providerOptions: { vitrine: { logprobs: 0 } },
    });
    expect(answer.text).toBe(await greedyText(6));
    expect(answer.finishReason).toBe('length');
    expect(answer.usage).toMatchObject({ inputTokens: model.encode(prompt).length, outputTokens: 6 });
    expect(answer.providerMetadata?.vitrine?.logprobs).toHaveLength(6);
    expect(answer.response.modelId).toBe(model.id);
  });

  it('passes its settings on: same seed, same text', async () => {
    const settings = { prompt, maxOutputTokens: 5, temperature: 0.9, topK: 20, topP: 0.9, seed: 7 };
    const { text } = await generateText({ model: vitrine.languageModel('tales'), ...settings });
    const options = { maxNewTokens: 5, temperature: 0.9, topK: 20, topP: 0.9, seed: 7 };
    expect(text).toBe((await collect(model, prompt, options)).map((token) => token.text).join(''));
    const word = (await greedyText(6)).trim().split(' ')[1] as string;
    const stopped = await generateText({
      model: vitrine('tales'),
      prompt,
      maxOutputTokens: 6,
      stopSequences: [word],
    });
    expect(stopped.finishReason).toBe('stop');
    expect(stopped.text).not.toContain(word);
  });

  it('streams the same text', async () => {
    const { textStream, finishReason } = streamText({ model: vitrine('tales'), prompt, maxOutputTokens: 6 });
    const parts: string[] = [];
    for await (const part of textStream) parts.push(part);
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.join('')).toBe(await greedyText(6));
    expect(await finishReason).toBe('length');
  });

  it('aborts, streamed or not, and the model goes on afterwards', async () => {
    const control = new AbortController();
    let aborted = false;
    const { textStream } = streamText({
      model: vitrine('tales'),
      prompt,
      maxOutputTokens: 400,
      abortSignal: control.signal,
      onAbort: () => {
        aborted = true;
      },
    });
    let count = 0;
    for await (const _ of textStream) if (++count === 3) control.abort();
    expect(count).toBeLessThan(100);
    expect(aborted).toBe(true);
    const other = new AbortController();
    const whole = generateText({
      model: vitrine('tales'),
      prompt,
      maxOutputTokens: 400,
      abortSignal: other.signal,
    });
    setTimeout(() => other.abort(), 5);
    await expect(whole).rejects.toMatchObject({ name: 'AbortError' });
    expect((await generateText({ model: vitrine('tales'), prompt, maxOutputTokens: 2 })).text).toBe(
      await greedyText(2),
    );
  });

  it('warns of what is left out, and refuses what is no text', async () => {
    const joined = await generateText({
      model: languageModel(model, { maxNewTokens: 2 }),
      messages: [
        { role: 'user', content: 'Once' },
        { role: 'assistant', content: 'upon' },
      ],
    });
    expect(joined.warnings).toMatchObject([{ type: 'compatibility', feature: 'messages' }]);
    const image = generateText({
      model: vitrine('tales'),
      messages: [
        { role: 'user', content: [{ type: 'file', data: new Uint8Array(4), mediaType: 'image/png' }] },
      ],
      maxRetries: 0,
    });
    await expect(image).rejects.toThrow(/continue text/);
    expect(() => vitrine('gpt-9')).toThrowError(/no model gpt-9 here/);
    expect(() => vitrine.embeddingModel('tales')).toThrowError(/embedding/);
  });

  it("shows the model's own errors", async () => {
    const wrong = generateText({ model: vitrine('tales'), prompt, topP: 3, maxRetries: 0 });
    await expect(wrong).rejects.toThrow(/topP is 3/);
    const errors: unknown[] = [];
    const { textStream } = streamText({
      model: vitrine('tales'),
      prompt,
      topP: 3,
      onError: ({ error }) => void errors.push(error),
    });
    for await (const _ of textStream) expect.fail('It wrote.');
    expect(errors).toMatchObject([{ code: 'invalid-argument' }]);
  });
});
