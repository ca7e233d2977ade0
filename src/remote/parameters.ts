import { type Constraint, checkConstraint } from '../constraint/index.ts';
import type { GenerateOptions } from '../engine/index.ts';
import { type GenerationOptions, type OptionName, optionTable } from '../generation/index.ts';
import { checkOption, checkOptionNames, type OptionSpec, VitrineError } from '../lib/index.ts';
import { grammarOfChoices } from './grammar.ts';
import type { ServerKind } from './servers.ts';

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

/** Options that some servers have beside them, by their names on one server or another. */
const extra: Partial<Record<OptionName, readonly string[]>> = {
  topK: ['top_k'],
  minP: ['min_p'],
  typicalP: ['typical_p'],
  repetitionPenalty: ['repetition_penalty', 'repeat_penalty'],
  noRepeatNgramSize: ['no_repeat_ngram_size'],
  dryMultiplier: ['dry_multiplier'],
  dryBase: ['dry_base'],
  dryAllowedLength: ['dry_allowed_length'],
  drySequenceBreakers: ['dry_sequence_breakers'],
  topNSigma: ['top_n_sigma'],
  dynatempRange: ['dynatemp_range'],
  dynatempExponent: ['dynatemp_exponent'],
  mirostatTau: ['mirostat_tau'],
  mirostatEta: ['mirostat_eta'],
  eos: ['ignore_eos'],
  constraint: ['structured_outputs', 'json_schema', 'grammar'],
};

/** The server's name for an option; undefined where it has none. */
function parameterOf(name: OptionName, extraParameters: readonly string[]): string | undefined {
  return common[name] ?? extra[name]?.find((parameter) => extraParameters.includes(parameter));
}

/** Whether `generate` takes this option on a server with these parameters beside OpenAI's. */
export function isSupported(name: OptionName, { extraParameters }: ServerKind): boolean {
  return name === 'logitBias' || name === 'logprobs' || parameterOf(name, extraParameters) !== undefined;
}

/** What OpenAI's servers take for "never". */
const ban = -100;

/**
 * Body of a completion for the options of `generate`.
 * @throws VitrineError `invalid-argument` naming an option that is wrong or that the server does not have
 */
export function parametersOf(options: GenerateOptions, kind: ServerKind): Record<string, unknown> {
  checkOptionNames(options, optionTable);
  const { logitBias, logprobs = 0, signal: _signal, eos, overflow, constraint, ...rest } = options;
  const body: Record<string, unknown> = { ...kind.defaults };
  for (const [name, value] of Object.entries(rest) as [OptionName, unknown][]) {
    if (value === undefined || isOff(name, value, body)) continue;
    const spec: OptionSpec = optionTable[name];
    const checked = checkOption(name, name === 'stop' && typeof value === 'string' ? [value] : value, spec);
    body[knownParameter(name, kind)] = checked;
  }
  if (overflow === 'slide') throw cannot('overflow');
  if (eos === false) body[knownParameter('eos', kind)] = true;
  if (constraint) Object.assign(body, constraintParameters(constraint, kind));
  // llama.cpp's switch of the same sampler.
  if (options.mirostatTau && body.mirostat_tau !== undefined) body.mirostat = 2;
  if (logitBias) body.logit_bias = biasOf(logitBias);
  // Asked for in every case: with 0 some servers give none for the chosen token either.
  body.logprobs = Math.max(1, checkOption('logprobs', logprobs, optionTable.logprobs));
  return body;
}

/** Values that stand for an option left out. Servers differ in what they take as "no top-k": their default says it. */
function isOff(name: OptionName, value: unknown, defaults: Record<string, unknown>): boolean {
  if (name === 'topK') return value === -1 || (value === 0 && defaults.top_k !== undefined);
  return name === 'seed' && value === -1;
}

/** @throws VitrineError `invalid-argument` */
function knownParameter(name: OptionName, { extraParameters }: ServerKind): string {
  const parameter = parameterOf(name, extraParameters);
  if (parameter === undefined) throw cannot(name, extra[name]?.[0]);
  return parameter;
}

function biasOf(bias: NonNullable<GenerationOptions['logitBias']>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(bias).map(([id, value]) => [id, value === Number.NEGATIVE_INFINITY ? ban : value]),
  );
}

/**
 * A constraint as vLLM takes it, else as llama.cpp does.
 * @throws VitrineError `invalid-argument`
 */
function constraintParameters(constraint: Constraint, { extraParameters }: ServerKind): object {
  checkConstraint(constraint);
  const has = (parameter: string) => extraParameters.includes(parameter);
  if (has('structured_outputs')) {
    if ('regex' in constraint) return { structured_outputs: { regex: constraint.regex } };
    return {
      structured_outputs:
        'choices' in constraint ? { choice: constraint.choices } : { json: constraint.jsonSchema },
    };
  }
  if ('jsonSchema' in constraint && has('json_schema')) return { json_schema: constraint.jsonSchema };
  if ('choices' in constraint && has('grammar')) return { grammar: grammarOfChoices(constraint.choices) };
  const kind = Object.keys(constraint)[0];
  throw cannot(`constraint (${kind})`, 'structured_outputs');
}

function cannot(option: string, param?: string): VitrineError {
  const next = param
    ? `If the server knows ${param}, add it to extraParameters.`
    : 'Leave it out, or load the model here.';
  return new VitrineError('invalid-argument', `${option} is not possible on a server. ${next}`);
}
