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
  /** DRY: how much a token that would extend a repetition is penalised; 0 is off. */
  dryMultiplier?: number;
  /** DRY: the penalty grows by this factor with each token of the repetition. Default 1.75. */
  dryBase?: number;
  /** DRY: repetitions shorter than this are free. Default 2. */
  dryAllowedLength?: number;
  /** Keep tokens whose logit is at most this many standard deviations below the highest one; 0 is off. */
  topNSigma?: number;
  /** Dynamic temperature: by how much the entropy may move `temperature` down and up; 0 is off. */
  dynatempRange?: number;
  /** Dynamic temperature: exponent of the normalised entropy. Default 1. */
  dynatempExponent?: number;
  /** Mirostat 2.0: the surprise, in bits per token, that the text is steered to; 0 is off. */
  mirostatTau?: number;
  /** Mirostat 2.0: learning rate. Default 0.1. */
  mirostatEta?: number;
  /** 32-bit seed of the counter RNG. Same seed, options and device: same tokens. */
  seed?: number;
}

/** Checked options with every default filled in; plain data, itself a valid {@link SamplingOptions}. */
export type ResolvedSampling = Readonly<Required<SamplingOptions>> & {
  /** Ids from this one on are never chosen: rows of the embedding that the tokenizer has no token for. */
  readonly drawable: number;
  /** Tokens that end a repetition, for DRY. */
  readonly dryBreakers: readonly number[];
  /** What the text must match. */
  readonly automaton?: TokenAutomaton;
};

/**
 * A finite automaton over bytes, and the bytes of every token: which tokens may come next is which tokens' bytes it can
 * take. Plain data, so that it crosses threads and lies in GPU buffers as it is.
 */
export interface TokenAutomaton {
  /**
   * [256 + states * (classes + 1)]: the class of each byte; then for each state its flags (1: the text may end here,
   * 2: some tokens lead from here to an end) and, for each class, one more than the next state, 0 where there is none.
   * It starts in state 0.
   */
  readonly table: Uint32Array<ArrayBuffer>;
  readonly classes: number;
  /** The bytes of all tokens, one after the other, padded to whole words. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** By token: where its bytes begin, times 256, plus how many; 0 for a token that is never part of a text. */
  readonly spans: Uint32Array<ArrayBuffer>;
}

/** The tokens before the one to sample, prompt first. */
export interface SamplingContext {
  readonly ids: readonly number[];
  /** How many of `ids` belong to the prompt; the others were generated. */
  readonly promptLength: number;
  /** State of the automaton after all generated tokens; 0 at the start. */
  readonly automatonState?: number;
  /** Mirostat's limit of surprise, in bits; at the start twice its tau. */
  readonly mirostatMu?: number;
}

/** Tokens that can be drawn, ids ascending, and how likely each is. */
export interface Distribution {
  ids: Uint32Array;
  probabilities: Float64Array;
}
