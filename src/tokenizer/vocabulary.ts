import { byteSymbols, bytesOfToken } from './byte-symbols.ts';
import { idLimit, isObject, mismatch, quote, readId } from './json.ts';
import type { Merge } from './merge-table.ts';

/** Tokens and their ids, both ways. */
export interface Vocabulary {
  readonly idOf: ReadonlyMap<string, number>;
  readonly tokenOf: ReadonlyMap<number, string>;
}

/** The ranks and places of a heap entry share one exact number, see merge-word.ts. */
const mostMerges = 1 << 22;

/**
 * Reads `{ token: id }`. Holes are allowed.
 * @throws VitrineError `tokenizer-mismatch` for an impossible or repeated id.
 */
export function readTokens(entries: unknown, file: string): Vocabulary {
  if (!isObject(entries)) throw mismatch(`${file} holds no table of tokens.`);
  const idOf = new Map<string, number>();
  const tokenOf = new Map<number, string>();
  for (const token of Object.keys(entries)) {
    const id = readId(entries[token], token, file);
    const rival = tokenOf.get(id);
    if (rival !== undefined)
      throw mismatch(`${file} gives the id ${id} to both ${quote(rival)} and ${quote(token)}.`);
    idOf.set(token, id);
    tokenOf.set(id, token);
  }
  if (idOf.size === 0) throw mismatch(`${file} has no tokens.`);
  return { idOf, tokenOf };
}

/** The vocabulary of a Unigram model: `[[piece, score], …]`. @throws VitrineError `tokenizer-mismatch` */
export function readPieceList(pieces: readonly unknown[], file: string): Vocabulary {
  if (pieces.length > idLimit) throw mismatch(`${file} has ${pieces.length} pieces.`);
  const tokens = pieces.map((piece, id): [string, number] => {
    const [text, score] = Array.isArray(piece) ? piece : [];
    if (typeof text !== 'string' || typeof score !== 'number')
      throw mismatch(`${file} has ${quote(piece)} for piece ${id}, not a text and its score.`);
    return [text, id];
  });
  if (tokens.length === 0) throw mismatch(`${file} has no tokens.`);
  return { idOf: new Map(tokens), tokenOf: new Map(tokens.map(([text, id]) => [id, text])) };
}

/**
 * Checks that the tokens are written in byte symbols.
 * @throws VitrineError `tokenizer-mismatch` where no byte has a token.
 */
export function checkBytes(vocabulary: Vocabulary, file: string): Vocabulary {
  if (!byteSymbols.some((symbol) => vocabulary.idOf.has(symbol)))
    throw mismatch(`${file} has ${vocabulary.idOf.size} tokens and none of them stands for a single byte.`);
  return vocabulary;
}

/** The two halves of each merge in order of rank, from merges.txt. Line 1 may name a version. */
export function readMergesText(text: string): [string, string][] {
  const halves: [string, string][] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (line === '' || (index === 0 && line.startsWith('#version'))) continue;
    halves.push(splitMerge(line, `merges.txt line ${index + 1}`));
  }
  return halves;
}

/** The merges of tokenizer.json: `"a b"`, or `["a", "b"]` as newer writers have it. */
export function readMergesList(merges: unknown): [string, string][] {
  if (!Array.isArray(merges)) throw mismatch('tokenizer.json has no list of merges.');
  return merges.map((merge: unknown, index): [string, string] => {
    const where = `tokenizer.json merge ${index}`;
    if (typeof merge === 'string') return splitMerge(merge, where);
    const [left, right, ...rest]: unknown[] = Array.isArray(merge) ? merge : [];
    if (typeof left !== 'string' || typeof right !== 'string' || rest.length > 0)
      throw mismatch(`${where} is ${quote(merge)}, not two tokens.`);
    return [left, right];
  });
}

function splitMerge(line: string, where: string): [string, string] {
  const [left, right, ...rest] = line.split(' ');
  if (!left || !right || rest.length > 0) throw mismatch(`${where} is ${quote(line)}, not two tokens.`);
  return [left, right];
}

/** @throws VitrineError `tokenizer-mismatch` when a half or the whole is not in the vocabulary. */
export function resolveMerges(halves: readonly [string, string][], vocabulary: Vocabulary): Merge[] {
  if (halves.length > mostMerges) throw mismatch(`The tokenizer has ${halves.length} merges.`);
  const known = (token: string, rank: number): number => {
    const id = vocabulary.idOf.get(token);
    if (id !== undefined) return id;
    throw mismatch(`Merge ${rank} names ${quote(token)}, which is not among the tokens.`);
  };
  return halves.map(([left, right], rank) => ({
    left: known(left, rank),
    right: known(right, rank),
    merged: known(left + right, rank),
  }));
}

/** The bytes of each token by id; holes are undefined. */
export function bytesById(vocabulary: Vocabulary): (Uint8Array | undefined)[] {
  const bytes: (Uint8Array | undefined)[] = [];
  for (const [id, token] of vocabulary.tokenOf) bytes[id] = bytesOfToken(token);
  return bytes;
}
