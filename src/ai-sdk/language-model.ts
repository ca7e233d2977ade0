import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4StreamResult,
} from '@ai-sdk/provider';
import type { GeneratedToken, GenerateOptions, Model } from '../engine/index.ts';
import { isAbort } from '../lib/index.ts';
import { type Call, readCall } from './prompt.ts';
import { countTokens, Tally } from './result.ts';

/**
 * A loaded model as one of the AI SDK, for `generateText`, `streamText` and the like. The model stays the caller's, who
 * disposes it.
 *
 * @param defaults options of `generate`, where a call says nothing
 */
export function languageModel(model: Model, defaults: GenerateOptions = {}): LanguageModelV4 {
  return {
    specificationVersion: 'v4',
    provider: 'vitrine',
    modelId: model.id,
    supportedUrls: {},
    doGenerate: (options) => generateWhole(model, options, defaults),
    doStream: (options) => generateStream(model, options, defaults),
  };
}

const textId = '0';

function startTally(model: Model, { text, options }: Call): Tally {
  return new Tally(countTokens(model, text), options.logprobs !== undefined);
}

async function generateWhole(
  model: Model,
  call: LanguageModelV4CallOptions,
  defaults: GenerateOptions,
): Promise<LanguageModelV4GenerateResult> {
  const read = readCall(call, defaults);
  const tally = startTally(model, read);
  let text = '';
  for await (const token of tokensOf(model, read)) {
    tally.add(token);
    text += token.text;
  }
  return {
    content: [{ type: 'text', text }],
    ...tally.end(),
    warnings: read.warnings,
    response: { modelId: model.id, timestamp: new Date() },
  };
}

async function generateStream(
  model: Model,
  call: LanguageModelV4CallOptions,
  defaults: GenerateOptions,
): Promise<LanguageModelV4StreamResult> {
  const parts = partsOf(model, readCall(call, defaults));
  const stream = new ReadableStream<LanguageModelV4StreamPart>({
    async pull(controller) {
      const { done, value } = await parts.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: async () => void (await parts.return(undefined)),
  });
  return { stream };
}

async function* partsOf(model: Model, read: Call): AsyncGenerator<LanguageModelV4StreamPart, undefined> {
  yield { type: 'stream-start', warnings: read.warnings };
  yield { type: 'response-metadata', modelId: model.id, timestamp: new Date() };
  const tally = startTally(model, read);
  try {
    yield { type: 'text-start', id: textId };
    for await (const token of tokensOf(model, read)) {
      tally.add(token);
      if (token.text !== '') yield { type: 'text-delta', id: textId, delta: token.text };
    }
    yield { type: 'text-end', id: textId };
    yield { type: 'finish', ...tally.end() };
  } catch (error) {
    yield { type: 'error', error };
  }
  return undefined;
}

/** The SDK expects an abort as its signal's reason, wherever in the text it came. */
async function* tokensOf(model: Model, { text, options }: Call): AsyncGenerator<GeneratedToken> {
  const { signal } = options;
  try {
    for await (const token of model.generate(text, options)) {
      yield token;
      if (token.finishReason === 'aborted') signal?.throwIfAborted();
    }
  } catch (error) {
    if (isAbort(error)) signal?.throwIfAborted();
    throw error;
  }
}
