import { nextState } from './automaton.ts';
import { firstMu, nextMu } from './statistics.ts';
import type { ResolvedSampling, SamplingContext } from './types.ts';

/** What the samplers remember of a text beside its tokens. */
export type SamplingMemory = Pick<SamplingContext, 'automatonState' | 'mirostatMu'>;

/**
 * The memory after one more token.
 * @param logprob of the token under the unmodified logits
 */
export function afterToken(
  { automatonState = 0, mirostatMu }: SamplingMemory,
  { id, logprob }: { id: number; logprob: number },
  sampling: ResolvedSampling,
): SamplingMemory {
  const { automaton } = sampling;
  const mu = mirostatMu ?? firstMu(sampling);
  return {
    ...(automaton && { automatonState: nextState(automaton, automatonState, id) ?? automatonState }),
    ...(mu !== undefined && { mirostatMu: nextMu(mu, logprob, sampling) }),
  };
}
