import { VitrineError } from '../lib/index.ts';
import type { Runtime } from '../runtime/index.ts';
import { type ResolvedSampling, resolveSampling } from '../sampling/index.ts';
import { checkedStops, checkNames, type GenerationOptions, wholeNumber } from './options.ts';
import type { StopConditions } from './sequence.ts';

/** Checked options of one generation. */
export interface GenerationConfig {
  prompt: readonly number[];
  /** Number of sequences. */
  n: number;
  sampling: ResolvedSampling;
  conditions: StopConditions;
  /** Tokens the model can see at once. */
  contextLength: number;
  /** Whether the window slides at the context limit. */
  slide: boolean;
  /** Alternatives to report per token. */
  alternatives: number;
  stopStrings: readonly string[];
  signal?: AbortSignal;
}

/** @throws VitrineError `invalid-argument` naming the option, `context-overflow` */
export function resolveGenerationConfig(
  { contextLength, config }: Pick<Runtime, 'contextLength' | 'config'>,
  prompt: readonly number[],
  options: GenerationOptions,
): GenerationConfig {
  checkNames(options);
  const slide = options.overflow === 'slide';
  if (options.overflow !== undefined && options.overflow !== 'slide' && options.overflow !== 'stop')
    throw new VitrineError('invalid-argument', `overflow is '${options.overflow}'; use 'stop' or 'slide'.`);
  if (prompt.length > contextLength && !slide) {
    throw new VitrineError(
      'context-overflow',
      `The prompt has ${prompt.length} tokens; this model reads ${contextLength}. Shorten it, or pass overflow: 'slide'.`,
    );
  }
  // Beam search draws nothing.
  const sampling = resolveSampling(
    options.numBeams === undefined ? options : { ...options, temperature: options.temperature ?? 0 },
  );
  const most = Number.MAX_SAFE_INTEGER;
  // Without a limit a sliding window would never end.
  const defaultNewTokens = slide ? contextLength : most;
  return {
    prompt,
    n: wholeNumber('n', options.n ?? 1, 1, 64),
    sampling,
    conditions: {
      maxNewTokens: wholeNumber('maxNewTokens', options.maxNewTokens ?? defaultNewTokens, 0, most),
      eosTokenIds: options.eos === false ? [] : config.eosTokenIds,
      contextLength: slide ? undefined : contextLength,
    },
    contextLength,
    slide,
    alternatives: wholeNumber('logprobs', options.logprobs ?? 0, 0, 20),
    stopStrings: checkedStops(options.stop),
    signal: options.signal,
  };
}
