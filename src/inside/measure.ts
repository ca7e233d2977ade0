import { VitrineError } from '../lib/index.ts';
import type { GPT2Config } from '../model/index.ts';

/** logit(target) - logit(foil), or logit(target) alone. */
export interface Measure {
  /** Ids whose logits are needed. */
  ids: number[];
  /** From the logits of `ids`. */
  of(logits: ArrayLike<number>): number;
}

/** @throws VitrineError `invalid-argument` for an id that is not the model's */
export function measureOf(
  { vocabSize }: GPT2Config,
  { target, foil }: { target: number; foil?: number },
): Measure {
  for (const [name, id] of Object.entries({ target, foil })) {
    if (id === undefined && name === 'foil') continue;
    if (!(Number.isInteger(id) && (id as number) >= 0 && (id as number) < vocabSize))
      throw new VitrineError(
        'invalid-argument',
        `${name} is ${id}; use a token id from 0 to ${vocabSize - 1}.`,
      );
  }
  if (foil === undefined) return { ids: [target], of: (logits) => logits[0] as number };
  return { ids: [target, foil], of: (logits) => (logits[0] as number) - (logits[1] as number) };
}
