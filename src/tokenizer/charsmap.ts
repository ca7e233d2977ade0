import { mismatch } from './json.ts';

// The normalizer `Precompiled`: SentencePiece's rules as a double-array trie of UTF-8 keys, whose values are offsets in a
// pool of replacements that end with a zero byte. The library of the other normalizers does NFKC in its place.

/** Rules as a tokenizer.json or a SentencePiece model holds them: the trie's bytes, the trie, the pool. */
interface Rules {
  /** Units of the trie, see `prefixValue`. */
  units: Uint32Array;
  pool: Uint8Array;
}

const utf8 = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

function readRules(bytes: Uint8Array): Rules {
  const length = bytes.length < 4 ? -1 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (length < 4 || length % 4 !== 0 || 4 + length > bytes.length)
    throw mismatch('The tokenizer has a table of characters (precompiled_charsmap) that is cut short.');
  const trie = bytes.slice(4, 4 + length);
  return { units: new Uint32Array(trie.buffer), pool: bytes.subarray(4 + length) };
}

const offsetOf = (unit: number) => (unit >>> 10) << ((unit & 0x200) >>> 6);

/** The value of the shortest rule that the key begins with. A unit holds a label, an offset and whether a value follows. */
function prefixValue(units: Uint32Array, key: Uint8Array): number | undefined {
  let at = offsetOf(units[0] ?? 0);
  for (const byte of key) {
    at ^= byte;
    const unit = units[at] ?? 0;
    if (byte === 0 || (unit & 0x800000ff) >>> 0 !== byte) return undefined;
    at ^= offsetOf(unit);
    if (unit & 0x100) return (units[at] ?? 0) & 0x7fffffff;
  }
  return undefined;
}

function replacement({ units, pool }: Rules, text: string): string | undefined {
  const begin = prefixValue(units, utf8.encode(text));
  if (begin === undefined || begin > pool.length) return undefined;
  const end = pool.indexOf(0, begin);
  return decoder.decode(pool.subarray(begin, end < 0 ? pool.length : end));
}

/** Longest grapheme, in UTF-8 bytes, that a rule is looked for as a whole, as in the Rust library. */
const longestGrapheme = 5;

/**
 * Replaces characters by the rules, as the Rust library does: a short grapheme by the rule that it begins with, others
 * character by character.
 * @throws VitrineError `tokenizer-mismatch` when the bytes hold no rules
 */
export function charsmapNormalizer(bytes: Uint8Array): (text: string) => string {
  const rules = readRules(bytes);
  const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  const known = new Map<string, string>();
  const replace = (grapheme: string): string => {
    const whole = utf8.encode(grapheme).length <= longestGrapheme ? replacement(rules, grapheme) : undefined;
    return whole ?? Array.from(grapheme, (character) => replacement(rules, character) ?? character).join('');
  };
  return (text) => {
    let normalized = '';
    for (const { segment } of graphemes.segment(text)) {
      let result = known.get(segment);
      if (result === undefined) {
        result = replace(segment);
        if (known.size < 10_000) known.set(segment, result);
      }
      normalized += result;
    }
    return normalized;
  };
}
