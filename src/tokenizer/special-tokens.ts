import type { AddedToken } from './added-tokens.ts';
import { isObject, type JsonObject, mismatch, property, quote, readId } from './json.ts';
import type { Vocabulary } from './vocabulary.ts';

/** The end-of-text token of GPT-2, special wherever a vocabulary has it. */
export const endOfText = '<|endoftext|>';

const namedKeys = [
  'bos_token',
  'eos_token',
  'unk_token',
  'sep_token',
  'pad_token',
  'cls_token',
  'mask_token',
];
const listKeys = ['additional_special_tokens', 'extra_special_tokens'];

/** The text of a special token: `"</s>"` or `{ "content": "</s>" }`. */
function contentOf(value: unknown): string | undefined {
  const content = isObject(value) ? property(value, 'content') : value;
  return typeof content === 'string' && content !== '' ? content : undefined;
}

function flag(object: JsonObject, key: string, otherwise: boolean): boolean {
  const value = property(object, key);
  return typeof value === 'boolean' ? value : otherwise;
}

/** Collects added tokens from all files that speak of them; each content and each id once. */
export class AddedTokens {
  readonly #byContent = new Map<string, AddedToken>();
  readonly #byId = new Map<number, string>();
  readonly #vocabulary: Vocabulary;

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
  }

  get list(): AddedToken[] {
    return [...this.#byContent.values()];
  }

  /** The id of a token of either kind. */
  idOf(content: string | undefined): number | undefined {
    if (content === undefined) return undefined;
    return this.#byContent.get(content)?.id ?? this.#vocabulary.idOf.get(content);
  }

  /** Whether a token of either kind has the id. */
  has(id: number): boolean {
    return this.#byId.has(id) || this.#vocabulary.tokenOf.has(id);
  }

  /** Adds or replaces a token. @throws VitrineError `tokenizer-mismatch` when its id is taken or it has another. */
  add(content: string, id: number, flags: JsonObject, file: string): void {
    const other = this.#byId.get(id) ?? this.#vocabulary.tokenOf.get(id);
    if (other !== undefined && other !== content)
      throw mismatch(`${file} gives the id ${id} to ${quote(content)}; it belongs to ${quote(other)}.`);
    const own = this.idOf(content);
    if (own !== undefined && own !== id)
      throw mismatch(`${file} gives ${quote(content)} the id ${id}; it has the id ${own}.`);
    const before = this.#byContent.get(content);
    const special = flag(flags, 'special', before?.special ?? false);
    this.#byId.set(id, content);
    this.#byContent.set(content, {
      id,
      content,
      special,
      lstrip: flag(flags, 'lstrip', before?.lstrip ?? false),
      rstrip: flag(flags, 'rstrip', before?.rstrip ?? false),
      normalized: flag(flags, 'normalized', before?.normalized ?? !special),
      singleWord: flag(flags, 'single_word', before?.singleWord ?? false),
    });
  }

  /** `"added_tokens": [{ id, content, … }]` of tokenizer.json. */
  addList(list: unknown, file: string): void {
    if (list === undefined || list === null) return;
    if (!Array.isArray(list)) throw mismatch(`${file} has added tokens that are no list.`);
    for (const entry of list) {
      const content = contentOf(entry);
      if (!isObject(entry) || content === undefined)
        throw mismatch(`${file} has an added token without content: ${quote(entry)}.`);
      this.add(content, readId(property(entry, 'id'), content, file), entry, file);
    }
  }

  /** `{ content: id }` of added_tokens.json. */
  addTable(table: JsonObject, file: string): void {
    for (const content of Object.keys(table))
      if (content !== '') this.add(content, readId(table[content], content, file), {}, file);
  }

  /** `"added_tokens_decoder": { "50257": { content, … } }` of tokenizer_config.json. */
  addDecoder(decoder: unknown, file: string): void {
    if (!isObject(decoder)) return;
    for (const key of Object.keys(decoder)) {
      const entry = decoder[key];
      const content = contentOf(entry);
      if (!isObject(entry) || content === undefined) continue;
      this.add(content, readId(/^\d+$/.test(key) ? Number(key) : key, content, file), entry, file);
    }
  }

  /** Marks the tokens that a config names as special; those without an id are text like any other. */
  addNamed(config: JsonObject, file: string): void {
    const values = namedKeys.map((key) => property(config, key));
    for (const key of listKeys) {
      const list = property(config, key);
      if (typeof list === 'object' && list !== null) values.push(...Object.values(list));
    }
    for (const value of values) this.markSpecial(value, file);
  }

  markSpecial(value: unknown, file: string): void {
    const content = contentOf(value);
    const id = this.idOf(content);
    if (content === undefined || id === undefined) return;
    this.add(content, id, { ...(isObject(value) ? value : {}), special: true }, file);
  }
}

/** The first named token that has an id: `key` in each config in turn, then end-of-text. */
export function namedTokenId(
  key: string,
  configs: readonly JsonObject[],
  tokens: AddedTokens,
): number | undefined {
  for (const config of configs) {
    const id = tokens.idOf(contentOf(property(config, key)));
    if (id !== undefined) return id;
  }
  return tokens.idOf(endOfText);
}
