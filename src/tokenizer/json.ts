import { VitrineError } from '../lib/index.ts';

/** A JSON object as it came: nothing about its values is known. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Larger than any tokenizer file in use (the largest are near 20 MB), smaller than what stalls a page. */
const longestFile = 64 * 1024 * 1024;

/** The highest id taken, exclusive: far above every vocabulary, low enough for tables by id. */
export const idLimit = 1 << 21;

/** The files belong together but say something that cannot be. */
export function mismatch(message: string, cause?: unknown): VitrineError {
  return new VitrineError(
    'tokenizer-mismatch',
    `${message} Download the tokenizer files again, or use another revision of the model.`,
    { cause },
  );
}

/** A part of a tokenizer that Vitrine does not know. */
export function unsupported(message: string, cause?: unknown): VitrineError {
  return new VitrineError(
    'unsupported-format',
    `${message} Vitrine does not know this kind of tokenizer: pass token ids, or choose another model.`,
    { cause },
  );
}

/** A name as shown in a message: quoted, cut, without control characters. */
export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Own properties alone, so that a file cannot speak through `Object.prototype`. */
export function property(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** @throws VitrineError `tokenizer-mismatch` when the text is no JSON object, or too long. */
export function parseObject(text: string, file: string): JsonObject {
  if (text.length > longestFile)
    throw mismatch(`${file} has ${text.length} characters; at most ${longestFile} are read.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw mismatch(`${file} is not valid JSON (it begins ${quote(text.slice(0, 20))}).`, cause);
  }
  if (!isObject(value)) throw mismatch(`${file} holds no JSON object.`);
  return value;
}

/** @throws VitrineError `tokenizer-mismatch` when the value cannot be a token id. */
export function readId(value: unknown, token: string, file: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < idLimit) return value;
  throw mismatch(`${file} gives the token ${quote(token)} the id ${quote(value)}, which is no token id.`);
}
