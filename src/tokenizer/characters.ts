import { mismatch, quote, readId } from './json.ts';
import { decoding } from './stream.ts';
import type { Tokenizer } from './types.ts';

/** nanoGPT's `meta.pkl`: a table of characters and their ids. */
export interface CharacterTables {
  stoi: Readonly<Record<string, number>>;
  itos: Readonly<Record<number, string>>;
}

const utf8 = new TextEncoder();

/**
 * One token a character. Characters that the table lacks are left out, as they have no id.
 * @throws VitrineError `tokenizer-mismatch` when an id is impossible or the table is empty
 */
export function createCharacterTokenizer({ stoi, itos }: CharacterTables): Tokenizer {
  const idOf = new Map(Object.entries(stoi).map(([text, id]) => [text, readId(id, text, 'meta.pkl')]));
  const tokenOf = new Map([...idOf].map(([text, id]) => [id, text]));
  for (const [key, text] of Object.entries(itos)) {
    if (typeof text !== 'string') throw mismatch(`meta.pkl gives the id ${key} to ${quote(text)}.`);
    tokenOf.set(readId(Number(key), text, 'meta.pkl'), text);
  }
  if (tokenOf.size === 0) throw mismatch('meta.pkl has no characters.');
  const bytes = new Map([...tokenOf].map(([id, text]) => [id, utf8.encode(text)]));
  return {
    kind: 'characters',
    notices: [],
    size: Math.max(...tokenOf.keys()) + 1,
    eosTokenId: undefined,
    before: [],
    encode: (text) => [...text].flatMap((character) => idOf.get(character) ?? []),
    isSpecial: () => false,
    ...decoding({ bytes: (id) => bytes.get(id) }),
  };
}
