import { VitrineError } from '../lib/index.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import type { Stage } from './generate.ts';
import type { Drafter } from './speculate.ts';

/**
 * Guesses by a smaller model's greedy choice. It never waits for that model: while others use it there are no guesses,
 * so that two models which assist each other cannot wait for one another.
 */
export function assistantDrafter({ session, turns }: Stage): Drafter {
  return async (ids, most, signal) => {
    if (!turns.idle || ids.length + most > session.runtime.contextLength) return [];
    const turn = await turns.take();
    try {
      return await session.run(async () => {
        const guesses: number[] = [];
        await session.placeAll([{ sequence: 0, ids }], 1, signal);
        const steps = session.decode({
          sequences: [0],
          contexts: [{ ids, promptLength: ids.length }],
          sampling: { temperature: 0 },
          firstDraw: 0,
          maxSteps: most,
          eosTokenIds: [],
          alternatives: 0,
          signal,
        });
        for await (const [token] of steps) if (token) guesses.push(token.id);
        return guesses;
      });
    } catch {
      // A model that went away guesses no more; the text is written without it as it would have been.
      return [];
    } finally {
      turn.release();
    }
  };
}

const compared = new WeakMap<Tokenizer, WeakSet<Tokenizer>>();

/**
 * Makes sure that ids mean the same to two models.
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
