import { isObject, type JsonObject, property, quote, unsupported } from './json.ts';

// Pre-tokenizers that the library reads otherwise than the Rust library does, as patterns that both read alike.

const word = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\u200c\\u200d';
const punctuation = '[\\p{P}$+<=>^`|~]';

function split(regex: string, behavior: 'Removed' | 'Isolated', invert = false): JsonObject {
  return { type: 'Split', pattern: { Regex: regex }, behavior, invert };
}

/** `Removed`, `Isolated` or `Contiguous`; the library knows no other. */
function behaviorOf(step: JsonObject, otherwise: string): string {
  const value = property(step, 'behavior') ?? otherwise;
  const name = typeof value === 'string' ? value.toLowerCase() : '';
  if (['removed', 'isolated', 'contiguous'].includes(name)) return name;
  throw unsupported(`tokenizer.json has a pre-tokenizer whose behavior is ${quote(value)}.`);
}

function withPunctuation(step: JsonObject): JsonObject {
  const behavior = behaviorOf(step, 'Isolated');
  const pattern = behavior === 'contiguous' ? `${punctuation}+` : punctuation;
  return split(pattern, behavior === 'removed' ? 'Removed' : 'Isolated');
}

function withSplit(step: JsonObject): JsonObject {
  const behavior = behaviorOf(step, 'Isolated');
  if (behavior === 'contiguous' || (property(step, 'invert') === true && behavior !== 'removed'))
    throw unsupported(`tokenizer.json splits with the behavior ${quote(property(step, 'behavior'))}.`);
  return step;
}

/**
 * A pre-tokenizer of a tokenizer.json, for `@huggingface/tokenizers`.
 * @throws VitrineError `unsupported-format` for a behavior that it does not know
 */
export function adaptPreTokenizer(part: unknown): unknown {
  if (!isObject(part)) return part ?? null;
  const list = property(part, 'pretokenizers');
  if (Array.isArray(list)) return { ...part, pretokenizers: list.map(adaptPreTokenizer) };
  switch (property(part, 'type')) {
    case 'Whitespace':
      return split(`[${word}]+|[^${word}\\s]+`, 'Removed', true);
    case 'WhitespaceSplit':
      return split('\\s+', 'Removed');
    case 'Digits':
      return split(property(part, 'individual_digits') === true ? '\\p{N}' : '\\p{N}+', 'Isolated');
    case 'Punctuation':
      return withPunctuation(part);
    case 'Split':
      return withSplit(part);
    default:
      return part;
  }
}
