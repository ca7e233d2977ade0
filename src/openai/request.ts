import { type GenerationOptions, numberAttributes, optionTable } from '../generation/index.ts';
import { checkOption, type NumberSpec, type OptionSpec } from '../lib/index.ts';
import { constraintOf } from './constraint.ts';
import { badRequest } from './errors.ts';
import type { CompletionCreateParams } from './types.ts';

/** A checked request. */
export interface CompletionRequest {
  prompts: (string | number[])[];
  /** For `generate`; `n` and `maxNewTokens` are always given. */
  options: GenerationOptions & { n: number; maxNewTokens: number };
  echo: boolean;
  /** Alternatives per token; undefined without log-probabilities. */
  logprobs: number | undefined;
  stream: boolean;
  includeUsage: boolean;
  returnTokenIds: boolean;
}

const defaultMaxTokens = 16;
const mostPrompts = 1024;

/** Options that are passed on, by OpenAI's names: `top_p`. */
const passedOn = new Map(
  numberAttributes
    .filter(({ name }) => name !== 'maxNewTokens' && name !== 'n')
    .map(({ name, attribute, spec }) => [attribute.replaceAll('-', '_'), { name, spec }]),
);

const ownNames = [
  ...['model', 'prompt', 'max_tokens', 'n', 'stop', 'logprobs', 'echo', 'logit_bias', 'stream'],
  ...['stream_options', 'user', 'best_of', 'suffix', 'return_token_ids', 'response_format'],
  ...['structured_outputs', 'dry_sequence_breakers', 'mirostat'],
];
const known: ReadonlySet<string> = new Set([...ownNames, ...passedOn.keys()]);

/** @throws APIError with status 400, or 404 for another model, naming the parameter */
export function parseRequest(body: unknown): CompletionRequest {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw badRequest('The request must be a JSON object.', null);
  const params = body as CompletionCreateParams;
  const unknown = Object.keys(params).find((name) => !known.has(name));
  if (unknown !== undefined)
    throw badRequest(
      `Unrecognized request argument supplied: ${unknown}. There are ${[...known].join(', ')}.`,
      unknown,
    );
  const n = checked('n', params.n ?? 1, optionTable.n);
  refuseUnsupported(params, n);
  const logprobs = params.logprobs ?? undefined;
  if (logprobs !== undefined) checked('logprobs', logprobs, optionTable.logprobs);
  const stream = flag(params, 'stream');
  return {
    prompts: promptsOf(params.prompt ?? ''),
    options: {
      ...samplingOf(params),
      ...limitsOf(params),
      ...mirostatOf(params),
      ...textsOf(params),
      n,
      logprobs,
    },
    echo: flag(params, 'echo'),
    logprobs,
    stream,
    includeUsage: !stream || usageWanted(params),
    returnTokenIds: flag(params, 'return_token_ids'),
  };
}

/** The model's own check of an option, under the name it has here. */
function checked<T>(param: string, value: T, spec: OptionSpec): T {
  try {
    return checkOption(param, value, spec);
  } catch (error) {
    throw badRequest((error as Error).message, param, error);
  }
}

function flag(params: CompletionCreateParams, name: 'echo' | 'stream' | 'return_token_ids'): boolean {
  const value = params[name] ?? false;
  if (typeof value !== 'boolean') throw badRequest(`${name} must be true or false.`, name);
  return value;
}

function usageWanted({ stream_options: options }: CompletionCreateParams): boolean {
  if (options === undefined || options === null) return false;
  if (typeof options !== 'object') throw badRequest('stream_options must be an object.', 'stream_options');
  return options.include_usage === true;
}

function refuseUnsupported({ suffix, best_of: bestOf }: CompletionCreateParams, n: number): void {
  if (suffix !== undefined && suffix !== null)
    throw badRequest('suffix is not supported: these models continue a text and fill no gap.', 'suffix');
  if (bestOf !== undefined && bestOf !== null && bestOf !== n)
    throw badRequest('best_of is not supported: completions are not ranked. Ask for all with n.', 'best_of');
}

function samplingOf(params: CompletionCreateParams): GenerationOptions {
  const options: Record<string, unknown> = {};
  for (const [param, { name, spec }] of passedOn) {
    const value = params[param as keyof CompletionCreateParams];
    // Other servers' spelling of off and of random.
    const sentinel = value === -1 && (param === 'top_k' || param === 'seed');
    if (value !== undefined && value !== null && !sentinel)
      options[name] = checked(param, value, spec as NumberSpec);
  }
  const bias = params.logit_bias;
  if (bias === undefined || bias === null) return options;
  if (typeof bias !== 'object' || Array.isArray(bias))
    throw badRequest('logit_bias must be an object with token ids as keys.', 'logit_bias');
  return { ...options, logitBias: bias as Record<number, number> };
}

function limitsOf({ max_tokens: maxTokens, stop }: CompletionCreateParams) {
  const maxNewTokens = checked('max_tokens', maxTokens ?? defaultMaxTokens, optionTable.maxNewTokens);
  if (stop === undefined || stop === null) return { maxNewTokens };
  return { maxNewTokens, stop: checked('stop', typeof stop === 'string' ? [stop] : stop, optionTable.stop) };
}

/** Options that speak of texts. */
function textsOf(params: CompletionCreateParams): GenerationOptions {
  const breakers = params.dry_sequence_breakers ?? undefined;
  const constraint = constraintOf(params);
  return {
    ...(breakers !== undefined && {
      drySequenceBreakers: checked('dry_sequence_breakers', breakers, optionTable.drySequenceBreakers),
    }),
    ...(constraint && { constraint }),
  };
}

const llamaCppTau = 5;

/** llama.cpp's switch of mirostat beside its numbers. */
function mirostatOf({ mirostat, mirostat_tau: tau }: CompletionCreateParams): GenerationOptions {
  if (mirostat === undefined || mirostat === null) return {};
  if (mirostat !== 0 && mirostat !== 2)
    throw badRequest('mirostat must be 0 (off) or 2 (Mirostat 2.0).', 'mirostat');
  return { mirostatTau: mirostat === 0 ? 0 : (tau ?? llamaCppTau) };
}

const isText = (value: unknown) => typeof value === 'string';
const isId = (value: unknown) => Number.isInteger(value) && (value as number) >= 0;
const areIds = (value: unknown) => Array.isArray(value) && value.length > 0 && value.every(isId);

function promptsOf(prompt: unknown): (string | number[])[] {
  if (isText(prompt)) return [prompt as string];
  if (areIds(prompt)) return [prompt as number[]];
  const list = Array.isArray(prompt) && prompt.length > 0 ? prompt : undefined;
  if (!list || !(list.every(isText) || list.every(areIds)))
    throw badRequest(
      'prompt must be a text, a list of token ids, or a list of texts or of lists of ids.',
      'prompt',
    );
  if (list.length > mostPrompts)
    throw badRequest(`prompt has ${list.length} entries; send up to ${mostPrompts} at once.`, 'prompt');
  return list as (string | number[])[];
}
