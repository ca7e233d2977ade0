import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { createTokenizer, type Tokenizer } from './index.ts';

const folder = 'public/models/tiny-tales';
const read = (name: string) => readFileSync(`${folder}/${name}`, 'utf8');

interface Reference {
  tokenizer: { text: string; ids: number[] }[];
  prompts: { text: string; ids: number[]; tokens: string[]; greedy_ids: number[]; greedy_text: string }[];
  inside: { prompt: string; ids: number[] };
}
const reference = JSON.parse(readFileSync('test/golden/tiny-tales/reference.json', 'utf8')) as Reference;

describe('the bundled model', () => {
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    tokenizer = await createTokenizer({
      vocabJson: read('vocab.json'),
      mergesTxt: read('merges.txt'),
      tokenizerConfigJson: read('tokenizer_config.json'),
    });
  });

  it('has the size and the end-of-text token of its config', () => {
    const config = JSON.parse(read('config.json')) as { vocab_size: number; eos_token_id: number };
    expect(tokenizer.size).toBe(config.vocab_size);
    expect(tokenizer.eosTokenId).toBe(config.eos_token_id);
    expect(tokenizer.isSpecial(config.eos_token_id)).toBe(true);
  });

  it.each(reference.tokenizer)('encodes $text', ({ text, ids }) => {
    expect(tokenizer.encode(text)).toEqual(ids);
    expect(tokenizer.decode(ids)).toBe(text);
  });

  it.each(reference.prompts)('encodes the prompt $text', ({ text, ids, greedy_ids, greedy_text }) => {
    expect(tokenizer.encode(text)).toEqual(ids);
    expect(tokenizer.decode(greedy_ids)).toBe(greedy_text);
  });

  it('encodes the prompt of the inside view', () => {
    expect(tokenizer.encode(reference.inside.prompt)).toEqual(reference.inside.ids);
  });
});
