/** How the next token is chosen. Names and meanings are Hugging Face's, in camelCase. */
export interface SamplingOptions {
  /** Divides the logits; 0 means greedy. Default 1. */
  temperature?: number;
  /** Keep the k likeliest tokens; 0 or absent keeps all. */
  topK?: number;
  /** Keep the smallest set of likeliest tokens whose probability reaches p; 1 or absent keeps all. */
  topP?: number;
  /** Keep tokens at least minP times as likely as the likeliest; 0 or absent keeps all. */
  minP?: number;
  /** Locally typical sampling: keep the most typical tokens up to this probability; 1 or absent keeps all. */
  typicalP?: number;
  /** Divides positive and multiplies negative logits of tokens already in the context; 1 is off. */
  repetitionPenalty?: number;
  /** Subtracted from a logit once per occurrence among the generated tokens; 0 is off. */
  frequencyPenalty?: number;
  /** Subtracted from a logit if the token occurs among the generated tokens; 0 is off. */
  presencePenalty?: number;
  /** No n-gram of this size occurs twice in the context; 0 is off. */
  noRepeatNgramSize?: number;
  /** Added to the logits by token id; -Infinity bans a token. */
  logitBias?: Record<number, number>;
  /** 32-bit seed of the counter RNG. Same seed, options and device: same tokens. */
  seed?: number;
}

/** Checked options with every default filled in; plain data, itself a valid {@link SamplingOptions}. */
export type ResolvedSampling = Readonly<Required<SamplingOptions>> & {
  /** Ids from this one on are never chosen: rows of the embedding that the tokenizer has no token for. */
  readonly drawable: number;
};

/** The tokens before the one to sample, prompt first. */
export interface SamplingContext {
  readonly ids: readonly number[];
  /** How many of `ids` belong to the prompt; the others were generated. */
  readonly promptLength: number;
}

/** Tokens that can be drawn, ids ascending, and how likely each is. */
export interface Distribution {
  ids: Uint32Array;
  probabilities: Float64Array;
}
