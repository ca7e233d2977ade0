import { isObject, type JsonObject, mismatch, property, quote } from './json.ts';

const deepestSequence = 8;

/** The steps of a part of tokenizer.json: itself, or those of its `Sequence`; none when it is null. */
export function steps(part: unknown, listKey: string, what: string, depth = 0): JsonObject[] {
  if (depth > deepestSequence) throw mismatch(`tokenizer.json nests its ${what} ${depth} deep.`);
  if (part === undefined || part === null) return [];
  if (!isObject(part)) throw mismatch(`tokenizer.json has a ${what} that is no object: ${quote(part)}.`);
  if (property(part, 'type') !== 'Sequence') return [part];
  const list = property(part, listKey);
  if (!Array.isArray(list)) throw mismatch(`tokenizer.json has a ${what} sequence without ${listKey}.`);
  return list.flatMap((entry) => steps(entry, listKey, what, depth + 1));
}
