import { checkOption, VitrineError } from '../lib/index.ts';
import { mostUint32, samplingTable } from './options.ts';
import type { ResolvedSampling, SamplingOptions } from './types.ts';

const mostBias = 1e30;

type NumberName = Exclude<keyof typeof samplingTable, 'logitBias' | 'seed'>;
const numberNames = Object.keys(samplingTable).filter((name) => name !== 'logitBias' && name !== 'seed');

/** What follows from the tokenizer's texts. */
export type TextualSampling = Pick<ResolvedSampling, 'dryBreakers' | 'automaton'>;

/**
 * Checks sampling options and fills in defaults, a random 32-bit seed among them.
 *
 * @param vocabSize refuses bias on tokens the model does not have, when given
 * @param drawable ids that may be chosen are below this; at least 1
 * @throws VitrineError `invalid-argument` naming the option
 */
export function resolveSampling(
  given: SamplingOptions = {},
  vocabSize?: number,
  drawable = mostUint32,
  textual: TextualSampling = { dryBreakers: [] },
): ResolvedSampling {
  const options = withoutSentinels(given);
  const resolved = {} as Record<NumberName, number>;
  for (const name of numberNames as NumberName[]) {
    const spec = samplingTable[name];
    resolved[name] = checkOption(name, options[name] ?? spec.default, spec);
  }
  const seed = options.seed ?? (crypto.getRandomValues(new Uint32Array(1))[0] as number);
  return {
    ...resolved,
    logitBias: resolveBias(options.logitBias, vocabSize),
    seed: checkOption('seed', seed, samplingTable.seed),
    drawable,
    ...textual,
  };
}

/** Other tools write -1 for `topK` that is off and for a random `seed`. */
function withoutSentinels<T extends SamplingOptions>(options: T): T {
  const { topK, seed } = options;
  if (topK !== -1 && seed !== -1) return options;
  return { ...options, topK: topK === -1 ? undefined : topK, seed: seed === -1 ? undefined : seed };
}

function resolveBias(bias: SamplingOptions['logitBias'], vocabSize: number | undefined) {
  const resolved: Record<number, number> = {};
  for (const [key, value] of Object.entries(bias ?? {})) {
    const id = Number(key);
    const known = Number.isInteger(id) && id >= 0 && id <= mostUint32;
    if (!known || (vocabSize !== undefined && id >= vocabSize))
      throw invalid('logitBias', key, `token ids from 0 to ${(vocabSize ?? 2 ** 32) - 1} as keys`);
    const ban = value === Number.NEGATIVE_INFINITY;
    if (!ban && !(typeof value === 'number' && Math.abs(value) <= mostBias))
      throw invalid(`logitBias[${key}]`, value, 'a number up to 1e30, or -Infinity to ban the token');
    resolved[id] = value;
  }
  return resolved;
}

function invalid(name: string, value: unknown, wants: string): VitrineError {
  return new VitrineError('invalid-argument', `${name} is ${String(value)}; use ${wants}.`);
}

/** True when the likeliest unmodified logit is the answer: nothing to modify and nothing to draw. */
export function isPlainGreedy(sampling: ResolvedSampling): boolean {
  return isGreedy(sampling) && !modifiesLogits(sampling);
}

/** True when nothing is drawn. */
export function isGreedy(sampling: ResolvedSampling): boolean {
  return sampling.temperature === 0;
}

/** True when the logits are changed before bias and penalties: only some tokens are allowed, or repetitions are penalised. */
export function modifiesFirst({ automaton, dryMultiplier }: ResolvedSampling): boolean {
  return automaton !== undefined || dryMultiplier > 0;
}

/** True when tokens are also cut or weighed by a statistic of all logits or of the text so far. */
export function usesStatistics({ topNSigma, dynatempRange, mirostatTau }: ResolvedSampling): boolean {
  return topNSigma > 0 || dynatempRange > 0 || mirostatTau > 0;
}

/** True when a mask, bias, penalties or n-gram bans change the logits. */
export function modifiesLogits(sampling: ResolvedSampling): boolean {
  return (
    modifiesFirst(sampling) ||
    sampling.repetitionPenalty !== 1 ||
    sampling.frequencyPenalty !== 0 ||
    sampling.presencePenalty !== 0 ||
    sampling.noRepeatNgramSize > 0 ||
    Object.keys(sampling.logitBias).length > 0
  );
}
