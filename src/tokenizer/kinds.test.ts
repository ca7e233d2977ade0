import { describe, expect, it } from 'vitest';
import { createTokenizer, type Tokenizer } from './index.ts';

/** A protobuf field of bytes, or of a small number. */
function field(number: number, value: Uint8Array | number): number[] {
  if (typeof value === 'number') return [number * 8, value];
  const length = value.length < 128 ? [value.length] : [(value.length & 127) | 128, value.length >> 7];
  return [number * 8 + 2, ...length, ...value];
}

const utf8 = new TextEncoder();

function piece(text: string, score: number, kind = 1): number[] {
  const float = [...new Uint8Array(Float32Array.of(score).buffer)];
  return field(1, Uint8Array.from([...field(1, utf8.encode(text)), 2 * 8 + 5, ...float, ...field(3, kind)]));
}

/** A SentencePiece model; `type` 1 is Unigram, 2 BPE. */
function sentencePiece(pieces: number[][], type: number, byteFallback = false): Uint8Array {
  const trainer = Uint8Array.from([...field(3, type), ...bigField(35, byteFallback ? 1 : 0)]);
  return Uint8Array.from([...pieces.flat(), ...field(2, trainer), ...field(3, Uint8Array.from(field(3, 1)))]);
}

/** A field whose number takes two bytes. */
function bigField(number: number, value: number): number[] {
  const key = number * 8;
  return [(key & 127) | 128, key >> 7, value];
}

const special = [piece('<unk>', 0, 2), piece('<s>', 0, 3), piece('</s>', 0, 3)];

function expectRoundTrip(tokenizer: Tokenizer, text: string, ids: number[]): void {
  expect(tokenizer.encode(text)).toEqual(ids);
  expect(tokenizer.decode(ids)).toBe(text);
}

describe('files without a tokenizer.json', () => {
  it('SentencePieceBPE in vocab.json and merges.txt', async () => {
    const vocabJson = '{"<unk>":0,"▁":1,"a":2,"b":3,"▁a":4,"▁b":5}';
    const tokenizer = await createTokenizer({ vocabJson, mergesTxt: '▁ a\n▁ b\n' });
    expectRoundTrip(tokenizer, 'a b', [4, 5]);
    expect(tokenizer.text(5)).toBe(' b');
  });

  it('CharBPE in vocab.json and merges.txt', async () => {
    const vocabJson = '{"<unk>":0,"a":1,"b":2,"a</w>":3,"b</w>":4,"ab</w>":5}';
    const tokenizer = await createTokenizer({ vocabJson, mergesTxt: '#version: 0.2\na b</w>\n' });
    expectRoundTrip(tokenizer, 'ab a', [5, 3]);
    const stream = tokenizer.stream();
    expect([stream.push(5), stream.push(3), stream.end()]).toEqual(['ab', ' a', '']);
  });

  it.each(['a b\nab c', 'a b\r\nab c\r\n'])('byte-level merges without a header: %j', async (mergesTxt) => {
    const vocabJson = '{"a":0,"b":1,"c":2,"ab":3,"abc":4}';
    expectRoundTrip(await createTokenizer({ vocabJson, mergesTxt }), 'abc', [4]);
  });

  it('vocab.txt alone, as BertTokenizer reads it', async () => {
    const lines = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'hello', 'wor', '##ld', ',', '你', '好', 'cafe'];
    const tokenizer = await createTokenizer({ vocabTxt: `${lines.join('\n')}\n` });
    expect(tokenizer.encode('Hello, world 你好 café xyz')).toEqual([2, 4, 7, 5, 6, 8, 9, 10, 1]);
    expect(tokenizer.decode([4, 7, 5, 6])).toBe('hello, world');
    expect(tokenizer.kind).toBe('WordPiece');
    const cased = { vocabTxt: lines.join('\r\n'), tokenizerConfigJson: '{"do_lower_case": false}' };
    expect((await createTokenizer(cased)).encode('Hello hello')).toEqual([2, 1, 4]);
  });

  it('a Unigram SentencePiece model alone', async () => {
    const pieces = [
      ...special,
      piece('▁', -5),
      piece('▁hello', -2),
      piece('▁wor', -3),
      piece('ld', -3),
      piece('l', -9),
      piece('d', -9),
    ];
    const tokenizer = await createTokenizer({ sentencePiece: sentencePiece(pieces, 1) });
    expectRoundTrip(tokenizer, 'hello world', [4, 5, 6]);
    expect(tokenizer.isSpecial(1)).toBe(true);
    expect(tokenizer.encode('hello<s>')).toEqual([4, 1]);
  });

  it('a BPE SentencePiece model alone, with byte fallback', async () => {
    const bytes = Array.from({ length: 256 }, (_, byte) =>
      piece(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`, 0, 6),
    );
    const own = ['▁a', '▁ab', '▁', 'a', 'b'].map((text, rank) => piece(text, -rank));
    const tokenizer = await createTokenizer({
      sentencePiece: sentencePiece([...special, ...bytes, ...own], 2, true),
    });
    expectRoundTrip(tokenizer, 'ab é', [260, 261, 3 + 0xc3, 3 + 0xa9]);
  });

  it('characters of meta.pkl', async () => {
    const characters = { stoi: { '\n': 0, a: 1, '😀': 2 }, itos: { 0: '\n', 1: 'a', 2: '😀' } };
    const tokenizer = await createTokenizer({ characters }, { vocabSize: 64 });
    expectRoundTrip(tokenizer, 'a😀\n', [1, 2, 0]);
    expect(tokenizer.encode('axa')).toEqual([1, 1]);
    expect([tokenizer.size, tokenizer.kind]).toEqual([3, 'characters']);
  });
});

describe('no files', () => {
  let own: Promise<Tokenizer> | undefined;
  const missing = expect.objectContaining({ code: 'tokenizer-missing' });

  it.each([
    [{}, 50304],
    [{}, 4096],
    [{ tokenizerConfigJson: '{"tokenizer_class": "BertTokenizer"}' }, 50257],
  ])('never gives English ids: %j with %i rows', async (files, vocabSize) => {
    const tokenizer = await createTokenizer(files, { vocabSize });
    expect(() => tokenizer.encode('a')).toThrow(missing);
    expect(() => tokenizer.decode([1])).toThrow(missing);
    expect(tokenizer.size).toBe(vocabSize);
  });

  it("takes GPT-2's own for exactly its size, and says so", async () => {
    const tokenizer = await createTokenizer({}, { vocabSize: 50257 });
    expect(tokenizer.encode('Hello, my dog is cute')).toEqual([15496, 11, 616, 3290, 318, 13779]);
    expect(tokenizer.notices).toEqual([expect.stringContaining("GPT-2's own tokenizer")]);
  });

  it('takes it for padded rows where the format comes without files', async () => {
    const tokenizer = await createTokenizer({ usesGpt2Tokenizer: true }, { vocabSize: 50304 });
    expect(tokenizer.size).toBe(50257);
  });

  it.each([
    ['Hello, my dog is cute', [15496, 11, 616, 3290, 318, 13779]],
    ['some_code toString some_more_code', [11246, 62, 8189, 284, 10100, 617, 62, 3549, 62, 8189]],
    ['é', [2634]],
    ['e\u0301', [68, 136, 223]],
    [' ?', [5633]],
    ['a\n\nb', [64, 198, 198, 65]],
    ['x\u0085y', [87, 126, 227, 88]],
    ['\ufeff', [171, 119, 123]],
    ['नमस्ते', [11976, 101, 11976, 106, 11976, 116, 24231, 235, 11976, 97, 24231, 229]],
  ])('%j as tiktoken has it', async (text, ids) => {
    own ??= createTokenizer({});
    expect((await own).encode(text)).toEqual(ids);
  });
});

describe('files that disagree', () => {
  const vocabJson = '{"a":0,"b":1,"ab":2}';
  const mergesTxt = 'a b';

  it("keep the vocabulary's id, with a notice", async () => {
    const tokenizer = await createTokenizer({ vocabJson, mergesTxt, addedTokensJson: '{"ab": 7}' });
    expect(tokenizer.encode('ab')).toEqual([2]);
    expect(tokenizer.notices).toEqual([expect.stringMatching(/"ab".*7.*2/)]);
  });

  it('give a token whose id is taken the next free one', async () => {
    const tokenizer = await createTokenizer({
      vocabJson,
      mergesTxt,
      addedTokensJson: '{"<x>": 1, "<y>": 2}',
    });
    expect(tokenizer.encode('<x><y>')).toEqual([3, 4]);
  });
});

describe('hostile files', () => {
  const unsupported = { code: 'unsupported-format' };
  const mismatch = { code: 'tokenizer-mismatch' };
  const json = (parts: object) => ({
    tokenizerJson: JSON.stringify({
      model: { type: 'WordLevel', vocab: { a: 0 }, unk_token: 'a' },
      ...parts,
    }),
  });

  const rules = { type: 'Precompiled' };
  const listOf: Record<string, string> = {
    normalizer: 'normalizers',
    pre_tokenizer: 'pretokenizers',
    decoder: 'decoders',
    post_processor: 'processors',
  };
  const deep = (part: string) =>
    `${`{"type":"Sequence","${listOf[part]}":[`.repeat(100_000)}${']}'.repeat(100_000)}`;
  /** Field 1 of 1,000,004 bytes: a piece whose text, its field 1, is a million letters. */
  const hugePiece = [10, 0xc4, 0x84, 0x3d, 10, 0xc0, 0x84, 0x3d, ...new Uint8Array(1_000_000).fill(97)];
  const suffixed = Uint8Array.from([...special.flat(), ...field(2, Uint8Array.from(bigField(24, 1)))]);

  it.each<[string, Parameters<typeof createTokenizer>[0], object]>([
    [
      'a pattern that never ends',
      json({ pre_tokenizer: { type: 'Split', pattern: { Regex: '(a+)+$' } } }),
      unsupported,
    ],
    ['an unknown normalizer', json({ normalizer: { type: 'Nonsense' } }), unsupported],
    ['an unknown decoder', json({ decoder: { type: 'CTC' } }), unsupported],
    ['an unknown model', json({ model: { type: 'Magic', vocab: { a: 0 } } }), unsupported],
    [
      'a pattern that is none',
      json({ normalizer: { type: 'Replace', pattern: { Regex: '[' }, content: '' } }),
      unsupported,
    ],
    ['an empty vocab.txt', { vocabTxt: '' }, mismatch],
    ['a cut SentencePiece model', { sentencePiece: sentencePiece(special, 1).subarray(0, 20) }, mismatch],
    [
      'a SentencePiece model that lies about lengths',
      { sentencePiece: Uint8Array.of(10, 255, 255, 255, 255, 15) },
      mismatch,
    ],
    [
      'a SentencePiece model with a piece of a million characters',
      { sentencePiece: Uint8Array.from([...hugePiece, ...sentencePiece(special, 2)]) },
      mismatch,
    ],
    ['a SentencePiece model of 40 MB', { sentencePiece: new Uint8Array(40 * 1024 * 1024) }, mismatch],
    ['a SentencePiece model that ends words with marks', { sentencePiece: suffixed }, unsupported],
    ['a vocab.txt of three million lines', { vocabTxt: 'a\n'.repeat(3_000_000) }, mismatch],
    ['a vocab.txt of 20 MB', { vocabTxt: 'a'.repeat(20_000_000) }, mismatch],
    [
      'three million pieces',
      { tokenizerJson: `{"model":{"type":"Unigram","vocab":[${'0,'.repeat(3_000_000)}0]}}` },
      mismatch,
    ],
    [
      'rules of characters that are cut short',
      json({ normalizer: { ...rules, precompiled_charsmap: 'AAAA' } }),
      mismatch,
    ],
    ['rules that are no base64', json({ normalizer: { ...rules, precompiled_charsmap: '{}' } }), mismatch],
    ...['normalizer', 'pre_tokenizer', 'decoder', 'post_processor'].map(
      (part): [string, Parameters<typeof createTokenizer>[0], object] => [
        `a ${part} nested 100,000 deep`,
        { tokenizerJson: `{"model":{"type":"WordLevel","vocab":{"a":0}},"${part}":${deep(part)}}` },
        mismatch,
      ],
    ),
    ['an endless number', { sentencePiece: new Uint8Array(100).fill(255) }, mismatch],
    ['no SentencePiece model', { sentencePiece: new TextEncoder().encode('<!doctype html>') }, mismatch],
    ['an id beyond all tables', { characters: { stoi: { a: 2 ** 31 }, itos: {} } }, mismatch],
    [
      'Unigram pieces without scores',
      json({ model: { type: 'Unigram', vocab: [['a']], unk_id: 0 } }),
      mismatch,
    ],
  ])('%s', async (_, files, error) => {
    await expect(createTokenizer(files)).rejects.toMatchObject(error);
  });
});
