import { isObject, type JsonObject, property, quote, unsupported } from './json.ts';

const longestPattern = 2000;
/** A repetition of what repeats itself: the time it takes on some texts doubles with every character. */
const nestedRepetition = /[+*}]\)[+*{]/;

/** Refuses a step of a tokenizer.json with a pattern that some text could keep busy for ever. */
export function checkPattern(step: JsonObject): void {
  const pattern = property(step, 'pattern');
  const regex = isObject(pattern) ? property(pattern, 'Regex') : undefined;
  if (typeof regex !== 'string') return;
  if (regex.length > longestPattern || nestedRepetition.test(regex))
    throw unsupported(`tokenizer.json splits by the pattern ${quote(regex)}.`);
}
