import { VitrineError } from '../lib/index.ts';
import type { Tokenizer } from '../tokenizer/index.ts';

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
