import { VitrineError } from '../lib/index.ts';
import type { Runtime } from '../runtime/index.ts';
import { type ResolvedSampling, resolveSampling } from '../sampling/index.ts';
import type { Ends } from './column.ts';
import { checkedStops, checkNames, wholeNumber } from './options.ts';
import type { GenerateOptions } from './types.ts';

/** A generation's options, checked. */
export interface Plan {
  prompt: readonly number[];
  n: number;
  sampling: ResolvedSampling;
  ends: Ends;
  contextLength: number;
  slide: boolean;
  alternatives: number;
  stops: readonly string[];
  signal?: AbortSignal;
}

/** @throws VitrineError `invalid-argument` naming the option, `context-overflow` */
export function planOf(
  { contextLength, config }: Pick<Runtime, 'contextLength' | 'config'>,
  prompt: readonly number[],
  options: GenerateOptions,
): Plan {
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
  const endless = slide ? contextLength : most;
  return {
    prompt,
    n: wholeNumber('n', options.n ?? 1, 1, 64),
    sampling,
    ends: {
      maxNewTokens: wholeNumber('maxNewTokens', options.maxNewTokens ?? endless, 0, most),
      eosTokenIds: options.eos === false ? [] : config.eosTokenIds,
      contextLength: slide ? undefined : contextLength,
    },
    contextLength,
    slide,
    alternatives: wholeNumber('logprobs', options.logprobs ?? 0, 0, 20),
    stops: checkedStops(options.stop),
    signal: options.signal,
  };
}
