import { type AddedToken, createSplitter } from './added-tokens.ts';
import { byteSymbols, tokenOfBytes } from './byte-symbols.ts';
import { type Merge, MergeTable } from './merge-table.ts';
import { mergeWord } from './merge-word.ts';
import { forEachWord } from './split.ts';
import { decoding } from './stream.ts';
import type { Tokenizer } from './types.ts';
import { bytesById, type Vocabulary } from './vocabulary.ts';

/** What a byte-level BPE model is made of. */
export interface BytePairModel {
  readonly vocabulary: Vocabulary;
  /** In order of rank. */
  readonly merges: readonly Merge[];
  /** Stands for a byte that has no token; such bytes are left out where it is undefined. */
  readonly unknownId: number | undefined;
  /** A run of unknown bytes becomes one unknown token. */
  readonly fuseUnknown: boolean;
  /** A word that is in the vocabulary becomes that token without applying merges. */
  readonly ignoreMerges: boolean;
}

/** What surrounds the model: how text is prepared, and the tokens found in it as a whole. */
export interface Surroundings {
  readonly added: readonly AddedToken[];
  readonly eosTokenId: number | undefined;
  /** A space goes before each stretch of text that does not begin with one. */
  readonly addPrefixSpace: boolean;
  /** False: no cutting into words. */
  readonly splitWords: boolean;
  /** Ids put before those of every text. */
  readonly before: readonly number[];
  readonly notices: readonly string[];
}

const utf8 = new TextEncoder();

/** Words kept with their ids; most words of a text have been seen before. */
const cacheWords = 20_000;
const longestCachedWord = 48;

/** The symbols of a word's bytes, before any merge. Lone surrogates are U+FFFD, as in every UTF-8 encoder. */
function createSymbolReader(model: BytePairModel): (bytes: Uint8Array) => number[] {
  const symbolOf = byteSymbols.map((symbol) => model.vocabulary.idOf.get(symbol) ?? -1);
  const { unknownId, fuseUnknown } = model;
  return (bytes) => {
    const symbols: number[] = [];
    let afterUnknown = false;
    for (const byte of bytes) {
      const id = symbolOf[byte]!;
      if (id >= 0) symbols.push(id);
      else if (unknownId !== undefined && !(fuseUnknown && afterUnknown)) symbols.push(unknownId);
      afterUnknown = id < 0;
    }
    return symbols;
  };
}

/** Word to ids. The returned arrays are shared: not to be changed. */
function createWordEncoder(model: BytePairModel): (word: string) => readonly number[] {
  const table = MergeTable.from(model.merges);
  const symbolsOf = createSymbolReader(model);
  const cache = new Map<string, readonly number[]>();
  const encodeWord = (word: string): readonly number[] => {
    const bytes = utf8.encode(word);
    const whole = model.ignoreMerges ? model.vocabulary.idOf.get(tokenOfBytes(bytes)) : undefined;
    return whole === undefined ? mergeWord(symbolsOf(bytes), table) : [whole];
  };
  return (word) => {
    const known = cache.get(word);
    if (known) return known;
    const ids = encodeWord(word);
    if (word.length <= longestCachedWord) {
      if (cache.size >= cacheWords) cache.clear();
      cache.set(word, ids);
    }
    return ids;
  };
}

function createEncoder(model: BytePairModel, around: Surroundings): (text: string) => number[] {
  const split = createSplitter(around.added);
  const encodeWord = createWordEncoder(model);
  const encodeText = (text: string, ids: number[]): void => {
    const prefixed = around.addPrefixSpace && !text.startsWith(' ') ? ` ${text}` : text;
    const visit = (word: string): void => {
      for (const id of encodeWord(word)) ids.push(id);
    };
    if (around.splitWords) forEachWord(prefixed, visit);
    else visit(prefixed);
  };
  return (text) => {
    const ids = [...around.before];
    for (const section of split(text)) {
      if (typeof section === 'string') encodeText(section, ids);
      else ids.push(section.id);
    }
    return ids;
  };
}

/** A {@link Tokenizer} of the byte-level BPE kind. */
export function createByteLevelTokenizer(model: BytePairModel, around: Surroundings): Tokenizer {
  const table = bytesById(model.vocabulary);
  // An added token is its own text, even where its characters could be read as byte symbols.
  for (const token of around.added) table[token.id] = utf8.encode(token.content);
  const special = new Set(around.added.filter((token) => token.special).map((token) => token.id));
  return {
    kind: 'byte-level BPE',
    notices: around.notices,
    size: table.length,
    eosTokenId: around.eosTokenId,
    before: around.before,
    encode: createEncoder(model, around),
    isSpecial: (id) => special.has(id),
    ...decoding({ bytes: (id) => table[id] }),
  };
}
