import { decodeGreedily } from '../runtime/index.ts';
import { greedySampling } from '../sampling/index.ts';
import type { GenerationContext } from './context.ts';
import type { Drafter } from './speculate.ts';

/**
 * Drafts with the greedy tokens of a smaller model. It drafts nothing while that model is in use: it never waits, so
 * two models that assist each other cannot deadlock.
 */
export function assistantDrafter({
  session,
  lock,
  drawable = greedySampling.drawable,
}: GenerationContext): Drafter {
  const sampling = { ...greedySampling, drawable };
  return async (ids, most, signal) => {
    if (!lock.idle || ids.length + most > session.runtime.contextLength) return [];
    const lease = await lock.acquire();
    try {
      return await session.run(async () => {
        await session.cache.setEdits([]);
        await session.cache.prefillAll([{ sequence: 0, ids }], 1, signal);
        return decodeGreedily(session.cache, ids, most, { sampling, signal });
      });
    } catch {
      // If the draft model is gone, decode without drafts: the text is the same.
      return [];
    } finally {
      lease.release();
    }
  };
}
