import type {
  LanguageModelV4FinishReason,
  LanguageModelV4Usage,
  SharedV4ProviderMetadata,
} from '@ai-sdk/provider';
import type { GeneratedToken, Model } from '../engine/index.ts';

type Reason = NonNullable<GeneratedToken['finishReason']>;

const unified: Record<Reason, LanguageModelV4FinishReason['unified']> = {
  length: 'length',
  context: 'length',
  stop: 'stop',
  eos: 'stop',
  aborted: 'other',
};

/** What is known at the end of a text. */
export interface Ending {
  finishReason: LanguageModelV4FinishReason;
  usage: LanguageModelV4Usage;
  providerMetadata?: SharedV4ProviderMetadata;
}

/** Counts the tokens of a text as they come. */
export class Tally {
  private count = 0;
  private reason: Reason | undefined;
  private readonly logprobs: { id: number; text: string; logprob: number }[] = [];

  /** @param keepsLogprobs whether log-probabilities go into `providerMetadata.vitrine` */
  constructor(
    private readonly promptTokens: number | undefined,
    private readonly keepsLogprobs: boolean,
  ) {}

  add({ id, text, logprob, finishReason }: GeneratedToken): void {
    this.count += 1;
    this.reason = finishReason ?? this.reason;
    if (this.keepsLogprobs) this.logprobs.push({ id, text, logprob });
  }

  end(): Ending {
    const { promptTokens, count, reason } = this;
    return {
      // Without a token there was none to say why.
      finishReason: { unified: reason ? unified[reason] : 'length', raw: reason },
      usage: {
        inputTokens: {
          total: promptTokens,
          noCache: promptTokens,
          cacheRead: undefined,
          cacheWrite: undefined,
        },
        outputTokens: { total: count, text: count, reasoning: undefined },
      },
      ...(this.keepsLogprobs && { providerMetadata: { vitrine: { logprobs: this.logprobs } } }),
    };
  }
}

/** Tokens of a prompt; undefined for a model on a server whose tokenizer is not here. */
export function countTokens(model: Model, text: string): number | undefined {
  try {
    return model.encode(text).length;
  } catch {
    return undefined;
  }
}
