/** Beam search and speculative decoding. Loaded when a generation asks for one of them. */
import { resolveDraftLength } from './advanced-options.ts';
import { assistantDrafter } from './assistant-drafter.ts';
import type { GenerationContext, RecoverableRuntime } from './context.ts';
import type { GenerationConfig } from './generation-config.ts';
import type { IdGenerationOptions } from './options.ts';
import { promptLookupDrafter, Speculator } from './speculate.ts';

export { resolveBeamOptions } from './advanced-options.ts';
export { beamSearch } from './beam-search.ts';

/**
 * The speculator of a generation; undefined when the options ask for none.
 * @throws VitrineError `invalid-argument` naming the option
 */
export function createSpeculator(
  session: RecoverableRuntime,
  config: GenerationConfig,
  options: IdGenerationOptions,
  assistant: GenerationContext | undefined,
): Speculator | undefined {
  const maxDrafts = resolveDraftLength(options, assistant !== undefined);
  if (maxDrafts === undefined) return undefined;
  return new Speculator({
    ...config,
    session,
    draft: assistant ? assistantDrafter(assistant) : promptLookupDrafter,
    maxDrafts,
    maxNewTokens: config.conditions.maxNewTokens,
  });
}
