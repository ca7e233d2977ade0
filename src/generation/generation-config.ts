import { checkOption, VitrineError } from '../lib/index.ts';
import { checkEdits, type Edit, type GPT2Config, gpt2 } from '../model/index.ts';
import { type ResolvedSampling, resolveSampling } from '../sampling/index.ts';
import type { GenerationContext } from './context.ts';
import { checkNames, type IdGenerationOptions, optionTable } from './options.ts';
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
  edits: readonly Edit[];
  signal?: AbortSignal;
}

/** @throws VitrineError `invalid-argument` naming the option, `context-overflow` */
export function resolveGenerationConfig(
  { session, eosTokenIds, drawable }: Pick<GenerationContext, 'session' | 'eosTokenIds' | 'drawable'>,
  prompt: readonly number[],
  options: IdGenerationOptions,
): GenerationConfig {
  checkNames(options);
  const { contextLength, config } = session.runtime;
  const slide = checkOption('overflow', options.overflow ?? 'stop', optionTable.overflow) === 'slide';
  if (!slide) checkLength(prompt, contextLength);
  // Beam search draws nothing.
  const sampling = resolveSampling(
    options.numBeams === undefined ? options : { ...options, temperature: options.temperature ?? 0 },
    config.vocabSize,
    drawable,
    { dryBreakers: options.drySequenceBreakers ?? [], automaton: options.constraint },
  );
  // Without a limit a sliding window would never end.
  const defaultNewTokens = slide ? contextLength : Number.MAX_SAFE_INTEGER;
  const maxNewTokens = options.maxNewTokens ?? defaultNewTokens;
  const stopStrings = typeof options.stop === 'string' ? [options.stop] : (options.stop ?? []);
  return {
    prompt,
    n: checkOption('n', options.n ?? 1, optionTable.n),
    sampling,
    conditions: {
      maxNewTokens: checkOption('maxNewTokens', maxNewTokens, optionTable.maxNewTokens),
      eosTokenIds: checkOption('eos', options.eos ?? true, optionTable.eos) ? eosTokenIds : [],
      contextLength: slide ? undefined : contextLength,
    },
    contextLength,
    slide,
    alternatives: checkOption('logprobs', options.logprobs ?? 0, optionTable.logprobs),
    edits: checkedEdits(config, options.edits),
    stopStrings: checkOption('stop', stopStrings, optionTable.stop),
    signal: options.signal,
  };
}

function checkLength({ length }: readonly number[], contextLength: number): void {
  if (length <= contextLength) return;
  throw new VitrineError(
    'context-overflow',
    `The prompt has ${length} tokens; this model reads ${contextLength}. Shorten it, or pass overflow: 'slide'.`,
  );
}

function checkedEdits(config: GPT2Config, edits: readonly Edit[] = []): readonly Edit[] {
  checkEdits(gpt2(config), edits);
  return edits;
}
