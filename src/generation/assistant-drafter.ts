import { VitrineError } from '../lib/index.ts';
import { greedySampling } from '../sampling/index.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
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

const compared = new WeakMap<Tokenizer, WeakSet<Tokenizer>>();

/**
 * Checks that two tokenizers give every id the same bytes.
 * @throws VitrineError `tokenizer-mismatch` naming the first id that differs
 */
export function checkSameVocabulary(own: Tokenizer, other: Tokenizer): void {
  if (compared.get(own)?.has(other)) return;
  const size = Math.max(own.size, other.size);
  for (let id = 0; id < size; id++) {
    if (sameBytes(own.bytes(id), other.bytes(id))) continue;
    throw new VitrineError(
      'tokenizer-mismatch',
      `assistantModel has another vocabulary: token ${id} is not the same text. Choose a model with the same tokenizer.`,
    );
  }
  const known = compared.get(own) ?? new WeakSet();
  compared.set(own, known.add(other));
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
