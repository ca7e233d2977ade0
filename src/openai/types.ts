/** Body of `completions.create`, in OpenAI's names. `null` means: not given. */
export interface CompletionCreateParams {
  /** May be left out; another model than the client's is refused. */
  model?: string | null;
  /** A text, token ids, or a list of either. Default: an empty text, which is the beginning of a document. */
  prompt?: string | string[] | number[] | number[][] | null;
  /** Default 16. */
  max_tokens?: number | null;
  temperature?: number | null;
  top_p?: number | null;
  /** Completions per prompt. */
  n?: number | null;
  stop?: string | string[] | null;
  seed?: number | null;
  /** Log-probability of each token, with this many alternatives, 0 to 20. */
  logprobs?: number | null;
  /** Repeat the prompt before its completion; with `logprobs` it is scored too. */
  echo?: boolean | null;
  logit_bias?: Record<string, number> | null;
  presence_penalty?: number | null;
  frequency_penalty?: number | null;
  stream?: boolean | null;
  stream_options?: { include_usage?: boolean } | null;
  /** Accepted and ignored, as it only names an account's end user. */
  user?: string | null;
  /** Accepted where it equals `n`: nothing is ranked. */
  best_of?: number | null;
  /** Refused: these models continue a text and fill no gap. */
  suffix?: string | null;
  /** As in vLLM: `token_ids` of each choice, and `prompt_token_ids` at its beginning. */
  return_token_ids?: boolean | null;
  /** As in vLLM and llama.cpp, which have these beside OpenAI's. */
  top_k?: number | null;
  min_p?: number | null;
  typical_p?: number | null;
  repetition_penalty?: number | null;
  no_repeat_ngram_size?: number | null;
  /** As in llama.cpp. */
  dry_multiplier?: number | null;
  dry_base?: number | null;
  dry_allowed_length?: number | null;
  dry_sequence_breakers?: string[] | null;
  top_n_sigma?: number | null;
  dynatemp_range?: number | null;
  dynatemp_exponent?: number | null;
  /** 0 is off, 2 is Mirostat 2.0, with a tau of 5 unless given. */
  mirostat?: number | null;
  /** Mirostat 2.0 where it is above 0. */
  mirostat_tau?: number | null;
  mirostat_eta?: number | null;
  /** What the text must be: JSON, or JSON that a schema accepts. */
  response_format?:
    | { type: 'text' | 'json_object' }
    | { type: 'json_schema'; json_schema: { schema: object; name?: string; strict?: boolean | null } }
    | null;
  /** As in vLLM: one of the three. */
  structured_outputs?: { json?: object; regex?: string; choice?: string[] } | null;
}

export interface CompletionCreateParamsStreaming extends CompletionCreateParams {
  stream: true;
}

export interface CompletionCreateParamsNonStreaming extends CompletionCreateParams {
  stream?: false | null;
}

export interface CompletionLogprobs {
  tokens: string[];
  /** In nats; null for the first token of an echoed prompt, which nothing precedes. */
  token_logprobs: (number | null)[];
  /** Likeliest tokens by text, the chosen one included; null where `logprobs` is 0. */
  top_logprobs: (Record<string, number> | null)[] | null;
  /** Where each token begins in the text of the choice, in UTF-16 code units. */
  text_offset: number[];
}

export interface CompletionChoice {
  text: string;
  index: number;
  logprobs: CompletionLogprobs | null;
  /** null in the chunks of a stream before the last one of a choice. */
  finish_reason: 'stop' | 'length' | null;
  token_ids?: number[];
  prompt_token_ids?: number[];
}

export interface CompletionUsage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
}

/** An answer, or one chunk of a stream. */
export interface Completion {
  id: string;
  object: 'text_completion';
  created: number;
  model: string;
  choices: CompletionChoice[];
  usage?: CompletionUsage | null;
}

export interface ModelDescription {
  id: string;
  object: 'model';
  created: number;
  owned_by: string;
  /** Tokens of prompt and completion together, as vLLM says it. */
  max_model_len: number;
}
