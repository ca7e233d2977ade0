import { describe, expect, it } from 'vitest';
import { createTokenizer } from './index.ts';
import { json, pair, template, vocab } from './test-files.ts';

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

describe('templates', () => {
  it('go around every text', async () => {
    const tokenizer = await createTokenizer(json({ post_processor: template([258]) }));
    expect(tokenizer.encode('ab')).toEqual([258, 256]);
    expect(tokenizer.encode('')).toEqual([258]);
  });
});
