/**
 * A strict JSON parser for headers of untrusted files. `JSON.parse` is not enough: it silently keeps the last of two
 * equal keys, reads `1.0` and `1e0` as 1, and rounds integers above 2^53.
 */

/** A number in its source spelling. */
export class JsonNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type JsonValue = string | boolean | null | JsonNumber | JsonValue[] | JsonObject;
/** Objects are maps: a key such as `__proto__` is a key like any other. */
export type JsonObject = Map<string, JsonValue>;

/** A syntax error and its character position. */
export class JsonFault extends Error {}

export interface JsonLimits {
  /** Maximum nesting depth. */
  depth: number;
  /** Maximum number of values. */
  values: number;
}

/** Valid string content: plain characters and escapes. */
const stringRun =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: raw control characters are what must be found
  /[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*/y;
const numberRun = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const whitespaceRun = /[ \t\r\n]*/y;
const wordRun = /true|false|null/y;

/**
 * Reads a text that is one JSON value with white space around it, by the letter of RFC 8259; equal keys in one object
 * and lone surrogates are faults too. Throws {@link JsonFault}.
 */
export function parseStrictJson(text: string, limits: JsonLimits): JsonValue {
  return new Reader(text, limits).whole();
}

class Reader {
  readonly #text: string;
  readonly #limits: JsonLimits;
  #at = 0;
  #depth = 0;
  #values = 0;

  constructor(text: string, limits: JsonLimits) {
    this.#text = text;
    this.#limits = limits;
  }

  whole(): JsonValue {
    const value = this.#value();
    this.#space();
    if (this.#at < this.#text.length) this.#fail('something follows the end');
    return value;
  }

  #fail(what: string): never {
    throw new JsonFault(`${what} (character ${this.#at})`);
  }

  #run(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  #space(): void {
    this.#run(whitespaceRun);
  }

  /** Passes over white space and, when it is next, the given character. */
  #take(character: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #value(): JsonValue {
    if (++this.#values > this.#limits.values) this.#fail(`there are more than ${this.#limits.values} values`);
    this.#space();
    const next = this.#text[this.#at];
    if (next === undefined) this.#fail('it ends too early');
    if (next === '"') return this.#string();
    if (next === '{') return this.#inside(() => this.#object());
    if (next === '[') return this.#inside(() => this.#array());
    const number = this.#run(numberRun);
    if (number) return new JsonNumber(number);
    const word = this.#run(wordRun);
    if (word) return JSON.parse(word) as boolean | null;
    return this.#fail('a value was expected');
  }

  #inside<T>(read: () => T): T {
    if (++this.#depth > this.#limits.depth) this.#fail(`it is nested more than ${this.#limits.depth} deep`);
    this.#at++;
    const value = read();
    this.#depth--;
    return value;
  }

  #object(): JsonObject {
    const object: JsonObject = new Map();
    if (this.#take('}')) return object;
    do {
      this.#space();
      if (this.#text[this.#at] !== '"') this.#fail('a name in quotes was expected');
      const key = this.#string();
      if (object.has(key)) this.#fail(`the name ${shown(key)} is there twice`);
      if (!this.#take(':')) this.#fail('a colon was expected');
      object.set(key, this.#value());
    } while (this.#take(','));
    if (!this.#take('}')) this.#fail('a comma or } was expected');
    return object;
  }

  #array(): JsonValue[] {
    const array: JsonValue[] = [];
    if (this.#take(']')) return array;
    do array.push(this.#value());
    while (this.#take(','));
    if (!this.#take(']')) this.#fail('a comma or ] was expected');
    return array;
  }

  #string(): string {
    this.#at++;
    const raw = this.#run(stringRun);
    const next = this.#text[this.#at];
    if (next === undefined) this.#fail('a string does not end');
    if (next === '\\')
      this.#fail(
        this.#text[this.#at + 1] === 'u' ? '\\u needs four hex digits' : 'unknown escape in a string',
      );
    if (next !== '"') this.#fail('a string holds a raw control character');
    this.#at++;
    const value = JSON.parse(`"${raw}"`) as string;
    if (/\p{Surrogate}/u.test(value)) this.#fail('half a surrogate pair in a string');
    return value;
  }
}

/** Quotes an untrusted string for a message: control characters removed, truncated. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
