const llamaCppSamplers = [
  ...['dry_multiplier', 'dry_base', 'dry_allowed_length', 'dry_sequence_breakers', 'top_n_sigma'],
  ...['dynatemp_range', 'dynatemp_exponent', 'mirostat_tau', 'mirostat_eta'],
];

/** Parameters beside OpenAI's, by what a server says of itself: the owner of its models in `/v1/models`. */
const extraParametersOf: Record<string, readonly string[]> = {
  vitrine: [
    ...['top_k', 'min_p', 'typical_p', 'repetition_penalty', 'no_repeat_ngram_size', 'structured_outputs'],
    ...llamaCppSamplers,
  ],
  vllm: ['top_k', 'min_p', 'repetition_penalty', 'ignore_eos', 'structured_outputs'],
  llamacpp: ['top_k', 'min_p', 'typical_p', 'ignore_eos', ...llamaCppSamplers],
};

/** What a server that names itself is known to take; none of any other, which may ignore what it does not know. */
export function knownParameters(owner: unknown): readonly string[] {
  return typeof owner === 'string' && Object.hasOwn(extraParametersOf, owner)
    ? (extraParametersOf[owner] ?? [])
    : [];
}
