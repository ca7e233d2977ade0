/**
 * OpenAI's client for completions, over a model that runs here.
 * @module vitrine/openai
 */
export { type Client, type ClientOptions, createClient, type RequestOptions } from './client.ts';
export { APIError, APIUserAbortError, type ErrorBody, toApiError } from './errors.ts';
export type { Stream } from './stream.ts';
export type {
  Completion,
  CompletionChoice,
  CompletionCreateParams,
  CompletionCreateParamsNonStreaming,
  CompletionCreateParamsStreaming,
  CompletionLogprobs,
  CompletionUsage,
  ModelDescription,
} from './types.ts';
