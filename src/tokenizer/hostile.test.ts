import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VitrineError } from '../lib/index.ts';
import { createTokenizer, type TokenizerFiles } from './index.ts';
import { type Json, json, merges, pair, template, vocab } from './test-files.ts';

describe('what no tokenizer knows', () => {
  const step = { type: 'Magic' };
  it.each<[string, TokenizerFiles, RegExp]>([
    ['a model', json({}, { type: 'Magic' }), /Magic/],
    ['a pre-tokenizer', json({ pre_tokenizer: step }), /Magic/],
    ['a normalizer', json({ normalizer: { type: 'Sequence', normalizers: [step] } }), /Magic/],
    ['a decoder', json({ decoder: step }), /Magic/],
    ['a post-processor', json({ post_processor: step }), /Magic/],
    ['dropout', json({}, { dropout: 0.1 }), /dropout/],
    [
      'a split that merges',
      json({ pre_tokenizer: { type: 'Split', pattern: { String: 'a' }, behavior: 'MergedWithNext' } }),
      /MergedWithNext/,
    ],
  ])('refuses %s', async (_, files, message) => {
    await expect(createTokenizer(files)).rejects.toMatchObject({
      code: 'unsupported-format',
      message: expect.stringMatching(message),
    });
  });
});

describe('broken files', () => {
  const deep = (depth: number): unknown =>
    depth === 0 ? { type: 'ByteLevel' } : { type: 'Sequence', pretokenizers: [deep(depth - 1)] };
  const withVocab = (entries: Json) => ({ ...pair, vocabJson: JSON.stringify({ ...vocab, ...entries }) });
  it.each<[string, TokenizerFiles, RegExp]>([
    ['no JSON', { ...pair, vocabJson: '<!doctype html>' }, /vocab\.json is not valid JSON.*doctype/],
    ['a list', { ...pair, vocabJson: '[]' }, /vocab\.json holds no JSON object/],
    ['an empty table', { ...pair, vocabJson: '{}' }, /no tokens/],
    ['no single bytes', { ...pair, vocabJson: '{"the": 0}' }, /single byte/],
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
