import { assistantDrafter } from './assistant.ts';
import { guessesOf } from './decoding-options.ts';
import type { Stage } from './generate.ts';
import type { Plan } from './plan.ts';
import type { Session } from './session.ts';
import { lookupDrafter, Speculator } from './speculate.ts';
import type { GenerateOptions } from './types.ts';

/** Ways to decode that few ask for: a part of its own, fetched with the first generation that does. */
export { checkSameVocabulary } from './assistant.ts';
export { beamSearch } from './beam.ts';
export { beamsOf } from './decoding-options.ts';

/**
 * What guesses for a generation, if it is to.
 * @throws VitrineError `invalid-argument` naming the option
 */
export function speculatorOf(
  session: Session,
  plan: Plan,
  options: GenerateOptions,
  assistant: Stage | undefined,
): Speculator | undefined {
  const most = guessesOf(options);
  if (most === undefined) return undefined;
  const draft = assistant ? assistantDrafter(assistant) : lookupDrafter;
  return new Speculator({
    ...plan,
    session,
    draft,
    most,
    maxNewTokens: plan.ends.maxNewTokens,
  });
}
