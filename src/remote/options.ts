import { VitrineError } from '../lib/index.ts';
import type { ModelSource } from '../weights/index.ts';

export interface RemoteOptions {
  /** Address of the API: `http://127.0.0.1:8000/v1`. */
  baseUrl: string;
  /** The model's name on the server. */
  model: string;
  /** Sent to the origin of `baseUrl` alone, and kept in memory only. */
  apiKey?: string;
  /**
   * The model's own tokenizer files, for `encode` and `decode` and for the ids of tokens: files, or a hub id or folder of
   * which config, tokenizer and tensor headers are read. Without it texts are tokenized by the server.
   */
  tokenizer?: ModelSource;
  /** Hub of `tokenizer`. Default https://huggingface.co. */
  hub?: string;
  /**
   * Parameters beside OpenAI's that the server knows, such as `top_k` or `min_p`. Default: those of vLLM, llama.cpp's
   * server and `vitrine serve`, which name themselves in their list of models; none for any other.
   */
  extraParameters?: readonly string[];
  /** Ask for `token_ids` as vLLM gives them; servers without them ignore it. Default true. */
  tokenIds?: boolean;
  /** How often a request is sent again after 429 or 503. Default 3. */
  retries?: number;
  /** Milliseconds without a byte after which the server is given up. Default 60,000. */
  timeoutMs?: number;
  /** Most bytes of one answer, streamed or not. Default 64 MiB, some 20,000 tokens with 20 alternatives each. */
  maxAnswerBytes?: number;
  signal?: AbortSignal;
}

function refusal(message: string): VitrineError {
  return new VitrineError('invalid-argument', message);
}

/** @throws VitrineError `invalid-argument` naming the option */
export function checkedBase({ baseUrl, model }: RemoteOptions): URL {
  if (typeof model !== 'string' || model === '')
    throw refusal('model must be the name of a model on the server.');
  let url: URL;
  try {
    url = new URL(baseUrl);
  } catch (cause) {
    throw new VitrineError('invalid-argument', `baseUrl is ${JSON.stringify(baseUrl)}, which is no URL.`, {
      cause,
    });
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw refusal('baseUrl must be an http or https URL.');
  if (url.username || url.password) throw refusal('baseUrl must not hold a password. Pass apiKey.');
  if (url.search || url.hash) throw refusal('baseUrl must end with its path, such as /v1.');
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

/** @throws VitrineError `invalid-argument` */
export function checkedMaxBytes({ maxAnswerBytes = 2 ** 26 }: RemoteOptions): number {
  if (Number.isSafeInteger(maxAnswerBytes) && maxAnswerBytes > 0) return maxAnswerBytes;
  throw refusal(`maxAnswerBytes is ${maxAnswerBytes}; it must be a positive integer.`);
}
