import { byteSymbols } from './byte-symbols.ts';
import { idLimit, type JsonObject, mismatch, property } from './json.ts';
import { readMergesText, type Vocabulary } from './vocabulary.ts';

// Tokenizers of files older than tokenizer.json, described as one.

/** What vocab.json with merges.txt holds. */
export type PairKind = 'byte-level' | 'end-of-word' | 'metaspace' | 'unknown';

const symbols = new Set(byteSymbols);
const leastShare = 0.02;
const endOfWord = '</w>';
const special = /^<[^>]*>$|^\[[A-Z]+\]$/;

/**
 * Decides by the tokens, special ones aside: byte-level ones hold byte symbols alone; others mark the ends of words
 * with `</w>` or their beginnings with `▁`.
 */
export function pairKind(vocabulary: Vocabulary): PairKind {
  const tokens = [...vocabulary.idOf.keys()].filter((token) => !special.test(token));
  const share = (test: (token: string) => boolean) => tokens.filter(test).length / Math.max(1, tokens.length);
  if (share((token) => token.includes('▁')) > leastShare) return 'metaspace';
  if (share((token) => token.length > endOfWord.length && token.endsWith(endOfWord)) > leastShare)
    return 'end-of-word';
  const foreign = share((token) => [...token].some((character) => !symbols.has(character)));
  return foreign > 0.5 ? 'unknown' : 'byte-level';
}

const unknownNames = ['<unk>', '[UNK]', '<|unk|>'];

function unknownToken(vocabulary: Vocabulary, config: JsonObject): string | null {
  const named = property(config, 'unk_token');
  const names = typeof named === 'string' ? [named, ...unknownNames] : unknownNames;
  return names.find((name) => vocabulary.idOf.has(name)) ?? null;
}

/** As CharBPETokenizer and SentencePieceBPETokenizer of the Rust library's Python package set them up. */
export function pairJson(
  kind: 'end-of-word' | 'metaspace',
  vocabulary: Vocabulary,
  mergesTxt: string,
  config: JsonObject,
): JsonObject {
  const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always' };
  const bert = { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, lowercase: false };
  const words = kind === 'end-of-word';
  return {
    model: {
      type: 'BPE',
      vocab: Object.fromEntries(vocabulary.idOf),
      merges: readMergesText(mergesTxt),
      unk_token: unknownToken(vocabulary, config),
      ...(words && { end_of_word_suffix: endOfWord }),
    },
    normalizer: words ? { ...bert, strip_accents: null } : { type: 'NFKC' },
    pre_tokenizer: words ? { type: 'BertPreTokenizer' } : metaspace,
    decoder: words ? { type: 'BPEDecoder', suffix: endOfWord } : metaspace,
  };
}

const specialWords = ['[UNK]', '[CLS]', '[SEP]', '[PAD]', '[MASK]'];

/** In characters; the largest known have some 5 million. */
const longestVocabulary = 16 * 1024 * 1024;

/** vocab.txt as BertTokenizer reads it: a token a line, its id the number of the line. */
export function wordPieceJson(vocabTxt: string, config: JsonObject): JsonObject {
  if (vocabTxt.length > longestVocabulary)
    throw mismatch(`vocab.txt has ${vocabTxt.length} characters; at most ${longestVocabulary} are read.`);
  const lines = vocabTxt.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  if (lines.at(-1) === '') lines.pop();
  if (lines.length === 0) throw mismatch('vocab.txt has no tokens.');
  if (lines.length > idLimit) throw mismatch(`vocab.txt has ${lines.length} tokens.`);
  const vocab = Object.fromEntries(lines.map((token, id) => [token, id]));
  const lowercase = property(config, 'do_lower_case') !== false;
  const accents = property(config, 'strip_accents');
  const cls = property(config, 'cls_token');
  const first = typeof cls === 'string' ? cls : '[CLS]';
  const id = Object.hasOwn(vocab, first) ? vocab[first] : undefined;
  const template = {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: first } }, { Sequence: { id: 'A' } }],
    special_tokens: { [first]: { ids: [id] } },
  };
  const unknown = property(config, 'unk_token');
  return {
    model: {
      type: 'WordPiece',
      vocab,
      unk_token: typeof unknown === 'string' ? unknown : '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
    },
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: property(config, 'tokenize_chinese_chars') !== false,
      strip_accents: typeof accents === 'boolean' ? accents : null,
      lowercase,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: id === undefined ? null : template,
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    added_tokens: specialWords
      .filter((content) => Object.hasOwn(vocab, content))
      .map((content) => ({ id: vocab[content], content, special: true, normalized: false })),
  };
}
