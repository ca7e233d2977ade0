/** What is particular to a kind of server. */
export interface ServerKind {
  /** Parameters beside OpenAI's that it knows. */
  extraParameters: readonly string[];
  /**
   * Sent with every completion, beneath what the options say: where an option is left out it has no effect, as with a
   * model that is loaded here, whatever the server's own default is.
   */
  defaults: Readonly<Record<string, unknown>>;
}

const llamaCppSamplers = [
  ...['dry_multiplier', 'dry_base', 'dry_allowed_length', 'dry_sequence_breakers', 'top_n_sigma'],
  ...['dynatemp_range', 'dynatemp_exponent', 'mirostat_tau', 'mirostat_eta'],
];

/** More tokens than any context; llama.cpp's own -1 is refused by some of its versions, and it takes memory for each. */
const wholeContext = 2 ** 16;

/** By what a server says of itself: the owner of its models in `/v1/models`. */
const kinds: Record<string, ServerKind> = {
  vitrine: {
    extraParameters: [
      ...['top_k', 'min_p', 'typical_p', 'repetition_penalty', 'no_repeat_ngram_size', 'structured_outputs'],
      ...llamaCppSamplers,
    ],
    defaults: {},
  },
  vllm: {
    extraParameters: ['top_k', 'min_p', 'repetition_penalty', 'ignore_eos', 'structured_outputs'],
    // Its own defaults are those of the model's generation_config.json. It does not take 0 as top_k in every version.
    defaults: { temperature: 1, top_p: 1, top_k: -1, min_p: 0, repetition_penalty: 1 },
  },
  llamacpp: {
    extraParameters: [
      ...['top_k', 'min_p', 'typical_p', 'repeat_penalty', 'ignore_eos', 'json_schema', 'grammar'],
      ...llamaCppSamplers,
    ],
    // Its own defaults cut the distribution, and look back 64 tokens for repetitions.
    defaults: {
      ...{ temperature: 1, top_p: 1, top_k: 0, min_p: 0, typical_p: 1, repeat_penalty: 1 },
      ...{ repeat_last_n: wholeContext, dry_penalty_last_n: wholeContext },
      // The order that the samplers of this project have.
      samplers: ['dry', 'penalties', 'top_n_sigma', 'temperature', 'top_k', 'top_p', 'min_p', 'typ_p'],
    },
  },
};

/** The kind of a server that names itself; of any other nothing is known, and it may ignore what it does not know. */
export function serverKind(owner: unknown): ServerKind {
  const known = typeof owner === 'string' && Object.hasOwn(kinds, owner) ? kinds[owner] : undefined;
  return known ?? { extraParameters: [], defaults: {} };
}
