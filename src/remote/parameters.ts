import type { Constraint } from '../constraint/index.ts';
import type { GenerateOptions } from '../engine/index.ts';
import { type GenerationOptions, type OptionName, optionTable } from '../generation/index.ts';
import { checkOption, checkOptionNames, type OptionSpec, VitrineError } from '../lib/index.ts';

/** Options that OpenAI's completions have, by their names there. */
const common: Partial<Record<OptionName, string>> = {
  maxNewTokens: 'max_tokens',
  temperature: 'temperature',
  topP: 'top_p',
  n: 'n',
  stop: 'stop',
  seed: 'seed',
  presencePenalty: 'presence_penalty',
  frequencyPenalty: 'frequency_penalty',
};

/** Options that some servers have beside them. */
const extra: Partial<Record<OptionName, string>> = {
  topK: 'top_k',
  minP: 'min_p',
  typicalP: 'typical_p',
  repetitionPenalty: 'repetition_penalty',
  noRepeatNgramSize: 'no_repeat_ngram_size',
  dryMultiplier: 'dry_multiplier',
  dryBase: 'dry_base',
  dryAllowedLength: 'dry_allowed_length',
  drySequenceBreakers: 'dry_sequence_breakers',
  topNSigma: 'top_n_sigma',
  dynatempRange: 'dynatemp_range',
  dynatempExponent: 'dynatemp_exponent',
  mirostatTau: 'mirostat_tau',
  mirostatEta: 'mirostat_eta',
  constraint: 'structured_outputs',
};

/** Whether `generate` takes this option on a server with these parameters beside OpenAI's. */
export function isSupported(name: OptionName, extraParameters: readonly string[]): boolean {
  if (name === 'logitBias' || name === 'logprobs' || name in common) return true;
  const param = name === 'eos' ? 'ignore_eos' : extra[name];
  return param !== undefined && extraParameters.includes(param);
}

/** What OpenAI's servers take for "never". */
const ban = -100;

/**
 * Body of a completion for the options of `generate`.
 * @throws VitrineError `invalid-argument` naming an option that is wrong or that the server does not have
 */
export function parametersOf(
  options: GenerateOptions,
  extraParameters: readonly string[] = [],
): Record<string, unknown> {
  checkOptionNames(options, optionTable);
  const { logitBias, logprobs = 0, signal: _signal, eos, overflow, constraint, ...rest } = options;
  const body: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(rest) as [OptionName, unknown][]) {
    const spec: OptionSpec = optionTable[name];
    const sentinel = value === -1 && (name === 'topK' || name === 'seed');
    if (value === undefined || sentinel) continue;
    const param = common[name] ?? extra[name];
    if (param === undefined || !isSupported(name, extraParameters)) throw cannot(name, extra[name]);
    body[param] = checkOption(name, name === 'stop' && typeof value === 'string' ? [value] : value, spec);
  }
  if (overflow === 'slide') throw cannot('overflow');
  if (eos === false) {
    if (!isSupported('eos', extraParameters)) throw cannot('eos', 'ignore_eos');
    body.ignore_eos = true;
  }
  if (constraint) body.structured_outputs = structuredOutputs(constraint, extraParameters);
  // llama.cpp's switch of the same sampler.
  if (options.mirostatTau && body.mirostat_tau !== undefined) body.mirostat = 2;
  if (logitBias) body.logit_bias = biasOf(logitBias);
  // Asked for in every case: with 0 some servers give none for the chosen token either.
  body.logprobs = Math.max(1, checkOption('logprobs', logprobs, optionTable.logprobs));
  return body;
}

function biasOf(bias: NonNullable<GenerationOptions['logitBias']>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(bias).map(([id, value]) => [id, value === Number.NEGATIVE_INFINITY ? ban : value]),
  );
}

/** A constraint as vLLM takes it. */
function structuredOutputs(constraint: Constraint, extraParameters: readonly string[]): object {
  if (!isSupported('constraint', extraParameters)) throw cannot('constraint', 'structured_outputs');
  if ('regex' in constraint) return { regex: constraint.regex };
  return 'choices' in constraint ? { choice: constraint.choices } : { json: constraint.jsonSchema };
}

function cannot(option: string, param?: string): VitrineError {
  const next = param
    ? `If the server knows ${param}, add it to extraParameters.`
    : 'Leave it out, or load the model here.';
  return new VitrineError('invalid-argument', `${option} is not possible on a server. ${next}`);
}
