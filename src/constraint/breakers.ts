import type { Tokenizer } from '../tokenizer/index.ts';

/** What ends a repetition for DRY unless told otherwise. */
const defaultBreakers = ['\n', ':', '"', '*'];

/** Tokens that hold one of the texts. */
export function breakerIds(
  { tokenizer, count }: { tokenizer: Pick<Tokenizer, 'text'>; count: number },
  breakers: readonly string[] = defaultBreakers,
): number[] {
  return Array.from({ length: count }, (_, id) => id).filter((id) => {
    const text = tokenizer.text(id);
    return breakers.some((breaker) => text.includes(breaker));
  });
}
