import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VitrineError } from '../lib/index.ts';
import { byteSymbols } from './byte-symbols.ts';
import { createTokenizer, type TokenizerFiles } from './index.ts';

type Json = Record<string, unknown>;

const vocab: Record<string, number> = Object.fromEntries(byteSymbols.map((symbol, id) => [symbol, id]));
Object.assign(vocab, { ab: 256, abc: 257, '<|endoftext|>': 258 });
const merges = ['a b', 'ab c'];
const pair = { vocabJson: JSON.stringify(vocab), mergesTxt: '#version: 0.2\na b\nab c\n' };

/** A tokenizer.json with some parts replaced. */
function json(parts: Json = {}, model: Json = {}): TokenizerFiles {
  const whole = {
    version: '1.0',
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true },
    post_processor: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: false },
    decoder: { type: 'ByteLevel' },
    model: { type: 'BPE', vocab, merges, ...model },
    ...parts,
  };
  return { tokenizerJson: JSON.stringify(whole) };
}

describe('files', () => {
  it('reads the pair and tokenizer.json alike', async () => {
    for (const files of [
      pair,
      json(),
      json(
        {},
        {
          merges: [
            ['a', 'b'],
            ['ab', 'c'],
          ],
        },
      ),
    ]) {
      const tokenizer = await createTokenizer(files);
      expect(tokenizer.encode('abcab<|endoftext|>')).toEqual([257, 256, 258]);
      expect(tokenizer.size).toBe(259);
      expect(tokenizer.eosTokenId).toBe(258);
    }
  });

  it('keeps merges that begin with #, and reads lines of Windows', async () => {
    const withHash = JSON.stringify({ ...vocab, '##': 259 });
    for (const mergesTxt of ['# #', '#version: 0.2\r\n# #\r\n'])
      expect((await createTokenizer({ vocabJson: withHash, mergesTxt })).encode('##')).toEqual([259]);
  });

  it('takes tokenizer.json before the pair', async () => {
    const tokenizer = await createTokenizer({ ...json({}, { merges: [] }), ...pair });
    expect(tokenizer.encode('ab')).toEqual([vocab.a, vocab.b]);
  });

  it('leaves room for holes', async () => {
    const vocabJson = JSON.stringify({ ...vocab, hole: 300 });
    const tokenizer = await createTokenizer({ vocabJson, mergesTxt: '' });
    expect(tokenizer.size).toBe(301);
    expect(tokenizer.bytes(280)).toHaveLength(0);
    expect(tokenizer.decode([280, 300])).toBe('hole');
  });

  it('reads names that objects have of their own as plain tokens', async () => {
    const vocabJson = `{"__proto__": 259, "constructor": 260, ${JSON.stringify(vocab).slice(1)}`;
    const tokenizer = await createTokenizer({ vocabJson, mergesTxt: '' });
    expect(tokenizer.decode([259, 260])).toBe('__proto__constructor');
    expect(Object.hasOwn(Object.prototype, 'added_tokens')).toBe(false);
  });
});

describe('special and added tokens', () => {
  const added = { addedTokensJson: '{"<user>": 259, "<user>s": 260}' };

  it('takes added tokens, the longest first, special only where a config says so', async () => {
    const tokenizer = await createTokenizer({
      ...pair,
      ...added,
      specialTokensMapJson: '{"eos_token": {"content": "<user>"}, "additional_special_tokens": ["nowhere"]}',
    });
    expect(tokenizer.encode('<user><user>s')).toEqual([259, 260]);
    expect(tokenizer.encode('nowhere')).toHaveLength(7);
    expect([tokenizer.isSpecial(259), tokenizer.isSpecial(260)]).toEqual([true, false]);
    expect(tokenizer.eosTokenId).toBe(259);
    expect(tokenizer.size).toBe(261);
  });

  it('takes the end-of-text token of tokenizer_config.json first, when it has an id', async () => {
    const eos = async (name: unknown) =>
      (
        await createTokenizer({
          ...pair,
          ...added,
          tokenizerConfigJson: JSON.stringify({ eos_token: name }),
          specialTokensMapJson: '{"eos_token": "<user>s"}',
        })
      ).eosTokenId;
    expect(await eos('<user>')).toBe(259);
    expect(await eos('<unknown>')).toBe(260);
    expect(await eos(null)).toBe(260);
  });

  it('has no end-of-text token where none is named', async () => {
    const { '<|endoftext|>': _, ...rest } = vocab;
    const tokenizer = await createTokenizer({ vocabJson: JSON.stringify(rest), mergesTxt: '' });
    expect(tokenizer.eosTokenId).toBeUndefined();
  });

  it('honours added_tokens_decoder, add_prefix_space and add_bos_token', async () => {
    const decoder = { 259: { content: '<mask>', lstrip: true, special: true } };
    const tokenizer = await createTokenizer({
      ...pair,
      tokenizerConfigJson: JSON.stringify({
        added_tokens_decoder: decoder,
        add_prefix_space: true,
        add_bos_token: true,
      }),
    });
    expect(tokenizer.encode('ab  <mask>')).toEqual([258, vocab.Ġ, 256, 259]);
  });

  it('shows an added token as its own text', async () => {
    const tokenizer = await createTokenizer({ ...pair, addedTokensJson: '{"é ü": 259}' });
    expect(tokenizer.encode('é ü')).toEqual([259]);
    expect(tokenizer.decode([259])).toBe('é ü');
  });
});

const bytesOnly = { ...vocab };
delete bytesOnly.a;

describe('bytes without a token', () => {
  const model = { vocab: bytesOnly, merges: [] };
  it.each([
    ['left out', {}, []],
    ['unknown', { unk_token: '<|endoftext|>' }, [258, 258]],
    ['fused', { unk_token: '<|endoftext|>', fuse_unk: true }, [258]],
  ])('are %s', async (_, options, unknown) => {
    const tokenizer = await createTokenizer(json({}, { ...model, ...options }));
    expect(tokenizer.encode('baac')).toEqual([vocab.b, ...unknown, vocab.c]);
  });
});

describe('what is not byte-level BPE', () => {
  const metaspace = { type: 'Metaspace' };
  it.each<[string, TokenizerFiles, RegExp]>([
    ['a WordPiece model', json({}, { type: 'WordPiece' }), /WordPiece/],
    ['a Unigram model', json({}, { type: 'Unigram', vocab: [['a', -1]] }), /Unigram/],
    ['another pre-tokenizer', json({ pre_tokenizer: metaspace }), /Metaspace/],
    ['no pre-tokenizer', json({ pre_tokenizer: null }), /no pre-tokenizer/],
    [
      'two pre-tokenizers',
      json({ pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'ByteLevel' }, metaspace] } }),
      /Metaspace/,
    ],
    ['a normalizer', json({ normalizer: { type: 'Sequence', normalizers: [{ type: 'NFKC' }] } }), /NFKC/],
    ['another decoder', json({ decoder: metaspace }), /Metaspace/],
    ['a post-processor', json({ post_processor: { type: 'RobertaProcessing' } }), /RobertaProcessing/],
    ['dropout', json({}, { dropout: 0.1 }), /dropout/],
    ['byte fallback', json({}, { byte_fallback: true }), /byte_fallback/],
    ['ends of words', json({}, { end_of_word_suffix: '</w>' }), /end_of_word_suffix/],
    [
      'a class by name',
      { ...pair, tokenizerConfigJson: '{"tokenizer_class": "CLIPTokenizer"}' },
      /CLIPTokenizer/,
    ],
    ['a class without files', { tokenizerConfigJson: '{"tokenizer_class": "T5Tokenizer"}' }, /T5Tokenizer/],
  ])('refuses %s', async (_, files, message) => {
    await expect(createTokenizer(files)).rejects.toMatchObject({
      code: 'unsupported-format',
      message: expect.stringMatching(message),
    });
  });
});

/** A post-processor that puts one token before every text. */
const template = (ids: unknown) => ({
  type: 'TemplateProcessing',
  single: [{ SpecialToken: { id: '<s>' } }, { Sequence: { id: 'A' } }],
  special_tokens: { '<s>': { ids } },
});

describe('templates', () => {
  it('go around every text', async () => {
    const tokenizer = await createTokenizer(json({ post_processor: template([258]) }));
    expect(tokenizer.encode('ab')).toEqual([258, 256]);
    expect(tokenizer.encode('')).toEqual([258]);
  });
});

describe('broken files', () => {
  const deep = (depth: number): unknown =>
    depth === 0 ? { type: 'ByteLevel' } : { type: 'Sequence', pretokenizers: [deep(depth - 1)] };
  const withVocab = (entries: Json) => ({ ...pair, vocabJson: JSON.stringify({ ...vocab, ...entries }) });
  it.each<[string, TokenizerFiles, RegExp]>([
    ['no JSON', { ...pair, vocabJson: '<!doctype html>' }, /vocab\.json is not valid JSON.*doctype/],
    ['a list', { ...pair, vocabJson: '[]' }, /vocab\.json holds no JSON object/],
    ['an empty table', { ...pair, vocabJson: '{}' }, /0 tokens/],
    ['no single bytes', { ...pair, vocabJson: '{"▁the": 0}' }, /single byte/],
    ['one id twice', withVocab({ twice: 256 }), /256.*"ab".*"twice"/],
    ['a negative id', withVocab({ bad: -1 }), /"bad".*-1/],
    ['a fraction', withVocab({ bad: 1.5 }), /"bad".*1\.5/],
    ['a string id', withVocab({ bad: '7' }), /"bad"/],
    ['an id beyond all tables', withVocab({ bad: 2 ** 31 }), /2147483648/],
    ['merges of one token', { ...pair, mergesTxt: '#version: 0.2\na b\nabc\n' }, /line 3 is "abc"/],
    ['merges of three', { ...pair, mergesTxt: 'a b c' }, /line 1/],
    ['merges of unknown tokens', { ...pair, mergesTxt: 'a b\nab zz' }, /Merge 1 names "zz"/],
    ['merges into unknown tokens', { ...pair, mergesTxt: 'b c' }, /names "bc"/],
    ['merges without a vocabulary', { mergesTxt: 'a b' }, /without vocab\.json/],
    ['a vocabulary without merges', { vocabJson: pair.vocabJson }, /without merges\.txt/],
    ['merges that are numbers', json({}, { merges: [1] }), /merge 0 is 1/],
    ['merges of numbers', json({}, { merges: [['a', 1]] }), /merge 0/],
    ['merges that are no list', json({}, { merges: { a: 'b' } }), /no list of merges/],
    ['no model', json({ model: null }), /no model/],
    ['no vocabulary', json({}, { vocab: null }), /no table of tokens/],
    ['added tokens without content', json({ added_tokens: [{ id: 1 }] }), /without content/],
    [
      'an added token on a taken id',
      json({ added_tokens: [{ id: 256, content: '<x>' }] }),
      /256.*"<x>".*"ab"/,
    ],
    ['an added token with two ids', json({ added_tokens: [{ id: 300, content: 'ab' }] }), /300.*256/],
    ['added tokens with an odd id', { ...pair, addedTokensJson: '{"<x>": 1e99}' }, /"<x>"/],
    [
      'a template without ids',
      json({ post_processor: { type: 'TemplateProcessing', single: [{ SpecialToken: { id: '<s>' } }] } }),
      /"<s>"/,
    ],
    ['a template of many ids', json({ post_processor: template(Array(99).fill(1)) }), /"<s>"/],
    ['a template of ids no token has', json({ post_processor: template([300]) }), /300/],
    ['sequences in sequences', json({ pre_tokenizer: deep(500) }), /nests its pre-tokenizer/],
    ['a config that is none', { ...pair, tokenizerConfigJson: 'null' }, /tokenizer_config\.json/],
  ])('refuses %s', async (_, files, message) => {
    await expect(createTokenizer(files)).rejects.toMatchObject({
      code: 'tokenizer-mismatch',
      message: expect.stringMatching(message),
    });
  });

  it('fails by name alone, whatever the JSON says', async () => {
    const tree = fc.json({ maxDepth: 3 });
    const part = fc.oneof(
      tree.map((text): unknown => JSON.parse(text)),
      fc.constant(vocab),
      fc.constant(merges),
      fc.constant({ type: 'ByteLevel' }),
    );
    const keys = ['added_tokens', 'normalizer', 'pre_tokenizer', 'post_processor', 'decoder'];
    const files = fc.record({
      root: fc.dictionary(fc.constantFrom(...keys), part),
      model: fc.dictionary(fc.constantFrom('type', 'vocab', 'merges', 'unk_token', 'dropout'), part),
      config: fc.dictionary(
        fc.constantFrom('eos_token', 'added_tokens_decoder', 'extra_special_tokens'),
        part,
      ),
    });
    await fc.assert(
      fc.asyncProperty(files, async ({ root, model, config }) => {
        const texts = { ...json(root, model), tokenizerConfigJson: JSON.stringify(config) };
        const result = await createTokenizer(texts).catch((error: unknown) => error);
        if (result instanceof Error) expect(result).toBeInstanceOf(VitrineError);
      }),
      { numRuns: 2000 },
    );
  });
});
