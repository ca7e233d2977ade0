import type { FinishReason, GeneratedToken, LoadProgress, Model } from '../engine/index.ts';
import { VitrineError } from '../lib/index.ts';
import type { ShownToken } from './alternatives.ts';
import { sharedModels } from './library.ts';
import type { EmbedLoadOptions, WritingOptions } from './options.ts';
import type { Share } from './shared-models.ts';

/** How many of the likelier tokens are shown for each. */
const alternatives = 5;

/** Start of a run: a prompt, and tokens already present after it. */
export interface Start {
  prompt: string;
  tokens: readonly ShownToken[];
}

/** All tokens after the prompt, including those already present. */
export interface Finished {
  text: string;
  tokens: number;
  finishReason: FinishReason;
}

/** One element's lease of a model: acquired at the first run, replaced when model or options change. */
export class ModelLease {
  private share: Share | undefined;
  private key = '';

  /** The model, loaded if needed. */
  async model(
    source: string,
    options: EmbedLoadOptions,
    onProgress: (p: LoadProgress) => void,
  ): Promise<Model> {
    const key = JSON.stringify([source, options]);
    if (!this.share || this.key !== key) {
      const before = this.share;
      this.key = key;
      this.share = sharedModels.take(source, options, onProgress);
      before?.release();
    }
    const share = this.share;
    try {
      return await share.model;
    } catch (error) {
      // A failed load is not kept: the next run tries again.
      if (this.share === share) this.release();
      throw error;
    }
  }

  release(): void {
    this.share?.release();
    this.share = undefined;
    this.key = '';
  }
}

/** The ids of the prompt and of the tokens after it. */
export function startIds(model: Model, { prompt, tokens }: Start): number[] {
  const ids = model.encode(prompt);
  // An empty prompt starts with the document start token.
  if (ids.length === 0) ids.push(...model.config.eosTokenIds.slice(0, 1));
  for (const { id } of tokens) {
    if (id === undefined) throw new VitrineError('invalid-argument', 'A recorded text cannot be written on.');
    ids.push(id);
  }
  return ids;
}

/** Generates to the end or the signal, giving each token to `take`; a token's index counts from the prompt. */
export async function generateAll(
  model: Model,
  start: Start,
  options: WritingOptions,
  take: (token: GeneratedToken) => void,
): Promise<Finished> {
  const before = start.tokens.length;
  const maxNewTokens = Math.max(0, options.maxNewTokens - before);
  let text = start.tokens.map((token) => token.text).join('');
  let tokens = before;
  let finishReason: FinishReason = 'length';
  const more = { ...options, maxNewTokens, logprobs: alternatives };
  // A server tokenizes texts itself.
  const ids = before > 0 && model.dtype !== 'remote';
  for await (const token of model.generate(ids ? startIds(model, start) : start.prompt + text, more)) {
    text += token.text;
    tokens += 1;
    if (token.finishReason) finishReason = token.finishReason;
    take({ ...token, index: token.index + before });
  }
  return { text, tokens, finishReason };
}

/** Rejects once the signal fires; the shared promise itself continues for other holders. */
export function untilAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
    promise.then(resolve, reject);
  });
}
