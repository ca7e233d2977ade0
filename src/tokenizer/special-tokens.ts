import type { AddedToken } from './added-tokens.ts';
import { idLimit, isObject, type JsonObject, mismatch, property, quote, readId } from './json.ts';
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
const mostNotices = 8;
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

function largest(ids: Iterable<number>): number {
  let most = -1;
  for (const id of ids) most = Math.max(most, id);
  return most;
}

/** Collects added tokens from all files that speak of them; each content and each id once. */
export class AddedTokens {
  readonly #byContent = new Map<string, AddedToken>();
  readonly #byId = new Map<number, string>();
  readonly #vocabulary: Vocabulary;
  #next: number | undefined;
  #highestAdded = -1;
  /** Where files disagree, as sentences. */
  readonly notices: string[] = [];

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

  /**
   * Adds or replaces a token. Where files disagree, the id that the vocabulary or an earlier file gives counts; a token
   * whose id belongs to another gets the next free one.
   */
  add(content: string, wanted: number, flags: JsonObject, file: string): void {
    const id = this.#settle(content, wanted, file);
    const before = this.#byContent.get(content);
    const special = flag(flags, 'special', before?.special ?? false);
    this.#byId.set(id, content);
    this.#highestAdded = Math.max(this.#highestAdded, id);
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

  #settle(content: string, wanted: number, file: string): number {
    const own = this.idOf(content);
    if (own === wanted) return own;
    const other = this.#byId.get(wanted) ?? this.#vocabulary.tokenOf.get(wanted);
    if (own === undefined && other === undefined) return wanted;
    const id = own ?? this.#nextFree();
    if (id >= idLimit) throw mismatch(`${file} has no room for the token ${quote(content)}.`);
    if (this.notices.length < mostNotices)
      this.notices.push(`${file} gives ${quote(content)} the id ${wanted}; its id is ${id}.`);
    return id;
  }

  /** The first id above all that are known. */
  #nextFree(): number {
    this.#next ??= largest(this.#vocabulary.tokenOf.keys()) + 1;
    this.#next = Math.max(this.#next, this.#highestAdded + 1);
    return this.#next;
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
