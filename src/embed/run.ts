import type { FinishReason, GeneratedToken, LoadOptions, LoadProgress, Model } from '../engine/index.ts';
import { sharedModels } from './library.ts';
import type { Share } from './shared-models.ts';

/** How many of the likelier tokens are shown beside each. */
const alternatives = 3;

export interface Finished {
  text: string;
  tokens: number;
  finishReason: FinishReason;
}

/** One element's hold on a model: taken at the first run, changed when model or options change, let go at the end. */
export class Hold {
  private share: Share | undefined;
  private key = '';

  /** The model, loaded if need be. */
  async model(source: string, options: LoadOptions, onProgress: (p: LoadProgress) => void): Promise<Model> {
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

/** Generates to the end or the signal, giving each token to `take`. */
export async function generateAll(
  model: Model,
  prompt: string,
  options: Parameters<Model['generate']>[1],
  take: (token: GeneratedToken) => void,
): Promise<Finished> {
  let text = '';
  let tokens = 0;
  let finishReason: FinishReason = 'length';
  for await (const token of model.generate(prompt, { ...options, logprobs: alternatives })) {
    text += token.text;
    tokens += 1;
    if (token.finishReason) finishReason = token.finishReason;
    take(token);
  }
  return { text, tokens, finishReason };
}
