import { throwIfAborted } from '../lib/index.ts';
import { Batch } from './batch.ts';
import type { GenerationContext } from './context.ts';
import { resolveGenerationConfig } from './generation-config.ts';
import { asksForAdvancedDecoding, type IdGenerationOptions } from './options.ts';
import type { GeneratedToken } from './token.ts';

/** Sequences decoded in one pass; more run batch after batch. */
const batchSize = 8;

/**
 * Generates `n` continuations of the prompt, in batches that share each read of the weights. Yields tokens as they are
 * decided; their texts joined are the decoded whole, up to a stop string or the end-of-text token. Without a tokenizer in
 * the context texts are empty, and stop strings are not possible.
 *
 * @param assistant the model that drafts, for speculative decoding
 * @throws VitrineError `invalid-argument`, `context-overflow`; `aborted` when aborted before the first token: later
 * the stream ends with finishReason 'aborted'.
 */
export async function* generate(
  context: GenerationContext,
  promptIds: readonly number[],
  options: IdGenerationOptions,
  assistant?: GenerationContext,
): AsyncGenerator<GeneratedToken> {
  const config = resolveGenerationConfig(context, promptIds, options);
  const { n } = config;
  const needsAdvanced = assistant !== undefined || asksForAdvancedDecoding(options);
  const advanced = needsAdvanced ? await import('./advanced-decoding.ts') : undefined;
  const beams = advanced?.resolveBeamOptions(options, config.sampling, assistant !== undefined);
  const speculator = advanced?.createSpeculator(context.session, config, options, assistant);
  throwIfAborted(options.signal, 'The generation');
  if (config.conditions.maxNewTokens === 0) return;
  if (advanced && beams) {
    yield* advanced.beamSearch(context, config, beams);
    return;
  }
  for (let first = 0; first < n; first += batchSize) {
    const count = Math.min(batchSize, n - first);
    // The sampler tells sequences apart within a batch only, so each batch has a seed of its own.
    const sampling = { ...config.sampling, seed: (config.sampling.seed + first * 0x9e3779b1) >>> 0 };
    const numbers = Array.from({ length: count }, (_, index) => first + index);
    yield* new Batch(context, { ...config, sampling }, numbers, speculator).run();
  }
}
