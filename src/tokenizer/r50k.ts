import { assert } from '../lib/index.ts';
import type { BytePairModel } from './byte-level.ts';
import { byteSymbols, tokenOfBytes } from './byte-symbols.ts';
import { type Merge, MergeTable } from './merge-table.ts';
import { mergeWord } from './merge-word.ts';
import { endOfText } from './special-tokens.ts';
import type { Vocabulary } from './vocabulary.ts';

/** The number of GPT-2's own tokens. */
export const r50kSize = 50257;

const utf8 = new TextEncoder();

/**
 * The merges a list of tokens in order of rank came from: each token, cut by the merges before it, is two parts.
 */
function rebuildMerges(tokens: readonly string[], idOf: ReadonlyMap<string, number>): Merge[] {
  const table = new MergeTable(tokens.length);
  const merges: Merge[] = [];
  for (const [id, token] of tokens.entries()) {
    if (token.length === 1 || token === endOfText) continue;
    const symbols = Array.from(token, (symbol) => idOf.get(symbol)!);
    const [left, right, ...rest] = mergeWord(symbols, table);
    assert(left !== undefined && right !== undefined && rest.length === 0, `token ${id} is no merge of two`);
    const merge = { left, right, merged: id };
    merges.push(merge);
    table.add(merge);
  }
  return merges;
}

/**
 * GPT-2's own vocabulary and merges, from the ranks that gpt-tokenizer carries. The ranks are a chunk of their own,
 * loaded at the first call. Of that package only the ranks are used: text is split, merged and decoded here.
 */
export async function loadR50kModel(): Promise<BytePairModel> {
  const { default: ranks } = await import('gpt-tokenizer/bpeRanks/r50k_base');
  const tokens = ranks.map((bytes) => tokenOfBytes(typeof bytes === 'string' ? utf8.encode(bytes) : bytes));
  tokens.push(endOfText);
  assert(tokens.length === r50kSize, `the ranks hold ${tokens.length} tokens`);
  const idOf = new Map(tokens.map((token, id) => [token, id]));
  assert(
    idOf.size === r50kSize && byteSymbols.every((symbol) => idOf.has(symbol)),
    'the ranks are incomplete',
  );
  const vocabulary: Vocabulary = { idOf, tokenOf: new Map(tokens.entries()) };
  return {
    vocabulary,
    merges: rebuildMerges(tokens, idOf),
    unknownId: undefined,
    fuseUnknown: false,
    ignoreMerges: false,
  };
}
