import { referenceTexts } from './reference-texts.ts';

export type Json = Record<string, unknown>;

const characters = [...new Set(referenceTexts.join('').normalize('NFKC') + referenceTexts.join(''))].filter(
  (each) => each !== ' ',
);
const words = [
  ...new Set(referenceTexts.flatMap((text) => text.normalize('NFKC').split(/[\s\p{P}]+/u))),
].filter((word) => word.length > 1);

function table(tokens: readonly string[]): Record<string, number> {
  return Object.fromEntries([...new Set(tokens)].map((token, id) => [token, id]));
}

/** Merges that build each word from the left, so that halves of words are tokens too. */
function mergesOf(list: readonly string[][]): { tokens: string[]; merges: [string, string][] } {
  const merges = new Map<string, [string, string]>();
  const tokens = new Set(list.flat());
  for (const symbols of list) {
    let left = symbols[0] as string;
    for (const right of symbols.slice(1)) {
      merges.set(`${left} ${right}`, [left, right]);
      left += right;
      tokens.add(left);
    }
  }
  return { tokens: [...tokens], merges: [...merges.values()] };
}

export const marked = mergesOf(words.map((word) => ['▁', ...word]));
export const ended = mergesOf(
  words.map((word) => [...word].map((each, i, all) => (i === all.length - 1 ? `${each}</w>` : each))),
);
const byteTokens = Array.from(
  { length: 256 },
  (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
);
const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always' };
const specials = ['[UNK]', '[CLS]', '[SEP]'].map((content, id) => ({
  id,
  content,
  special: true,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
}));
export const wordPieces = table([
  '[UNK]',
  '[CLS]',
  '[SEP]',
  ...characters,
  ...characters.map((each) => `##${each}`),
  ...words,
  ...words.map((word) => word.toLowerCase()),
]);
const wordPiece = {
  type: 'WordPiece',
  vocab: wordPieces,
  unk_token: '[UNK]',
  continuing_subword_prefix: '##',
  max_input_chars_per_word: 100,
};
const bert = (lowercase: boolean) => ({
  type: 'BertNormalizer',
  clean_text: true,
  handle_chinese_chars: true,
  strip_accents: null,
  lowercase,
});
const bpe = {
  dropout: null,
  unk_token: '<unk>',
  continuing_subword_prefix: null,
  end_of_word_suffix: null,
  fuse_unk: false,
  byte_fallback: false,
};
const pieces = [
  ['<unk>', 0],
  ['▁', -3],
  ...characters.map((each, i) => [each, -8 - (i % 7)]),
  ...words.flatMap((word, i) => [
    [`▁${word}`, -4 - (i % 5)],
    [[...word].slice(1).join(''), -6 - (i % 3)],
  ]),
].filter(([piece], at, all) => piece !== '' && all.findIndex(([other]) => other === piece) === at);
const levels = table(['<unk>', ...words, ...'.,!:'.split('')]);
const llamaDecoder = {
  type: 'Sequence',
  decoders: [
    { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
    { type: 'ByteFallback' },
    { type: 'Fuse' },
    { type: 'Strip', content: ' ', start: 1, stop: 0 },
  ],
};

/** BERT's own: in lower case and cleaned up, or neither. */
const bertTokenizer = (uncased: boolean): Json => ({
  added_tokens: specials,
  normalizer: bert(uncased),
  pre_tokenizer: { type: 'BertPreTokenizer' },
  model: wordPiece,
  decoder: { type: 'WordPiece', prefix: '##', cleanup: uncased },
});

/** tokenizer.json of each kind without what all have in common, over the texts' own words and characters. */
export const kinds: Record<string, Json> = {
  'WordPiece, lower case': bertTokenizer(true),
  'WordPiece, with case': bertTokenizer(false),
  'Unigram, NFKC': {
    normalizer: { type: 'NFKC' },
    pre_tokenizer: metaspace,
    model: { type: 'Unigram', unk_id: 0, vocab: pieces },
    decoder: metaspace,
  },
  'Unigram, words first': {
    normalizer: { type: 'Sequence', normalizers: [{ type: 'NFC' }, { type: 'Lowercase' }] },
    pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'WhitespaceSplit' }, metaspace] },
    model: { type: 'Unigram', unk_id: 0, vocab: pieces },
    decoder: metaspace,
  },
  'BPE with ▁': {
    normalizer: { type: 'NFKC' },
    pre_tokenizer: metaspace,
    model: {
      ...bpe,
      type: 'BPE',
      vocab: table(['<unk>', ...marked.tokens, ...characters]),
      merges: marked.merges,
    },
    decoder: metaspace,
  },
  'BPE with </w>': {
    normalizer: bert(false),
    pre_tokenizer: { type: 'BertPreTokenizer' },
    model: {
      ...bpe,
      type: 'BPE',
      end_of_word_suffix: '</w>',
      vocab: table(['<unk>', ...ended.tokens, ...characters, ...characters.map((each) => `${each}</w>`)]),
      merges: ended.merges,
    },
    decoder: { type: 'BPEDecoder', suffix: '</w>' },
  },
  'BPE with byte fallback': {
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: '▁' },
        { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      ],
    },
    pre_tokenizer: null,
    model: {
      ...bpe,
      type: 'BPE',
      fuse_unk: true,
      byte_fallback: true,
      vocab: table(['<unk>', ...byteTokens, ...marked.tokens.slice(0, 400)]),
      merges: marked.merges.filter(([left, right]) =>
        [left, right, left + right].every((token) => marked.tokens.slice(0, 400).includes(token)),
      ),
    },
    decoder: llamaDecoder,
  },
  'WordLevel, whitespace and punctuation': {
    normalizer: { type: 'NFD' },
    pre_tokenizer: { type: 'Whitespace' },
    model: { type: 'WordLevel', vocab: levels, unk_token: '<unk>' },
    decoder: null,
  },
  'WordLevel, accents stripped': {
    normalizer: { type: 'Sequence', normalizers: [{ type: 'NFD' }, { type: 'StripAccents' }] },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'WhitespaceSplit' },
        { type: 'Punctuation', behavior: 'Isolated' },
        { type: 'Digits', individual_digits: true },
      ],
    },
    model: { type: 'WordLevel', vocab: levels, unk_token: '<unk>' },
    decoder: null,
  },
};

/** A whole tokenizer.json, as the Rust library takes it. */
export const whole = (parts: Json) =>
  JSON.stringify({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [],
    post_processor: null,
    ...parts,
  });
