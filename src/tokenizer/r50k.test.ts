import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { encode as packageEncode } from 'gpt-tokenizer/encoding/r50k_base';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BytePairModel } from './byte-level.ts';
import { createR50kTokenizer, createTokenizer, type Tokenizer } from './index.ts';
import { loadR50kModel } from './r50k.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** JSON as Python writes it, in ASCII. */
const ascii = (text: string) =>
  JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

let model: BytePairModel;
let tokenizer: Tokenizer;
let vocabJson: string;
let mergesTxt: string;
beforeAll(async () => {
  model = await loadR50kModel();
  tokenizer = await createR50kTokenizer();
  const token = (id: number) => model.vocabulary.tokenOf.get(id)!;
  const lines = model.merges.map(({ left, right }) => `${token(left)} ${token(right)}\n`);
  mergesTxt = `#version: 0.2\n${lines.join('')}`;
  vocabJson = `{${Array.from(model.vocabulary.tokenOf, ([id, text]) => `${ascii(text)}: ${id}`).join(', ')}}`;
});

describe("GPT-2's own vocabulary", () => {
  it('rebuilds the published vocab.json and merges.txt byte for byte', () => {
    expect(sha256(mergesTxt)).toBe('1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5');
    expect(sha256(vocabJson)).toBe('196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783');
  });

  it('has 50,257 tokens, the last of them end-of-text', () => {
    expect(tokenizer.size).toBe(50257);
    expect(tokenizer.eosTokenId).toBe(50256);
    expect(tokenizer.isSpecial(50256)).toBe(true);
    expect(tokenizer.isSpecial(0)).toBe(false);
    expect(tokenizer.encode('Hello world')).toEqual([15496, 995]);
    expect(tokenizer.encode('\ud800')).toEqual(tokenizer.encode('\ufffd'));
  });

  it('gives the reference ids', () => {
    const cases = JSON.parse(readFileSync('test/golden/tokenizer/gpt2.json', 'utf8')) as {
      text: string;
      ids: number[];
    }[];
    expect(cases).toHaveLength(500);
    for (const { text, ids } of cases) {
      expect(tokenizer.encode(text)).toEqual(ids);
      expect(tokenizer.decode(ids)).toBe(text);
    }
  });

  it('is what the files give, with merges.txt or without', async () => {
    const fromFiles = await createTokenizer({ vocabJson, mergesTxt });
    const withoutMerges = await createTokenizer({ vocabJson });
    const text = readFileSync('public/models/tiny-tales/SOURCES.md', 'utf8');
    expect(fromFiles.encode(text)).toEqual(tokenizer.encode(text));
    expect(withoutMerges.encode(text)).toEqual(tokenizer.encode(text));
    expect(fromFiles.eosTokenId).toBe(50256);
  });

  it('stands in for missing files only where the rows fit', async () => {
    await expect(createTokenizer({}, { vocabSize: 50257 })).resolves.toMatchObject({ size: 50257 });
    for (const vocabSize of [4096, 50256, 50304, 64000])
      await expect(createTokenizer({}, { vocabSize })).resolves.toMatchObject({ kind: 'none' });
  });
});

/** The package cuts at U+FEFF and not at U+0085, and does not know end-of-text: those are tested elsewhere. */
const plain = (text: string) => text.replace(/[\u0085\ufeff]/g, '').replaceAll('<|endoftext|>', '');

describe('against gpt-tokenizer', () => {
  it('agrees on real text', () => {
    for (const file of ['LICENSE', 'package-lock.json', 'public/models/tiny-tales/README.md', 'biome.json']) {
      const text = plain(readFileSync(file, 'utf8'));
      expect(tokenizer.encode(text)).toEqual(packageEncode(text));
    }
  });

  it('agrees on random text', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.string({ unit: 'grapheme', maxLength: 30 }),
      fc
        .array(fc.constantFrom('the', ' The', "'s", "'re", ' ', '\n', '  ', '12', '日', 'é', '😀', '...'), {
          maxLength: 20,
        })
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (raw) => {
        expect(tokenizer.encode(plain(raw))).toEqual(packageEncode(plain(raw)));
      }),
      { numRuns: 5000 },
    );
  });

  it('finds end-of-text wherever it stands', () => {
    expect(tokenizer.encode('Hi<|endoftext|>yo')).toEqual([17250, 50256, 8226]);
    expect(tokenizer.encode('<|endoftext|><|endoftext|>a')).toEqual([50256, 50256, 64]);
    expect(tokenizer.decode([17250, 50256])).toBe('Hi<|endoftext|>');
  });
});
