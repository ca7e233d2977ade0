import { greedySampling } from '../sampling/index.ts';
import type { GenerationContext } from './context.ts';
import type { Drafter } from './speculate.ts';

/**
 * Drafts with the greedy tokens of a smaller model. It drafts nothing while that model is in use: it never waits, so
 * two models that assist each other cannot deadlock.
 */
export function assistantDrafter({ session, lock }: GenerationContext): Drafter {
  return async (ids, most, signal) => {
    if (!lock.idle || ids.length + most > session.runtime.contextLength) return [];
    const lease = await lock.acquire();
    try {
      return await session.run(async () => {
        const drafts: number[] = [];
        await session.cache.prefillAll([{ sequence: 0, ids }], 1, signal);
        const steps = session.cache.decode({
          sequences: [0],
          contexts: [{ ids, promptLength: ids.length }],
          sampling: greedySampling,
          firstDraw: 0,
          maxSteps: most,
          eosTokenIds: [],
          alternatives: 0,
          signal,
        });
        for await (const [token] of steps) if (token) drafts.push(token.id);
        return drafts;
      });
    } catch {
      // If the draft model is gone, decode without drafts: the text is the same.
      return [];
    } finally {
      lease.release();
    }
  };
}
