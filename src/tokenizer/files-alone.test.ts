import { readFileSync } from 'node:fs';
import { Tokenizer as RustTokenizer } from '@anush008/tokenizers';
import { describe, expect, it } from 'vitest';
import { createTokenizer, type TokenizerFiles } from './index.ts';
import { ended, type Json, kinds, marked, whole, wordPieces } from './reference-kinds.ts';
import { referenceTexts } from './reference-texts.ts';

interface Case {
  text: string;
  ids: number[];
  decoded: string;
}

const golden = JSON.parse(readFileSync('test/golden/tokenizer/sentencepiece.json', 'utf8')) as Record<
  string,
  { model: string; cases: Case[] }
>;
const bytesOf = (base64: string) => Uint8Array.from(Buffer.from(base64, 'base64'));

/** What the Rust library makes of a tokenizer.json of this kind. */
async function expectAsRust(files: TokenizerFiles, parts: Json, before: number[] = []): Promise<void> {
  const rust = RustTokenizer.fromString(whole(parts));
  const ours = await createTokenizer(files);
  for (const text of referenceTexts) {
    const ids = (await rust.encode(text, null, { addSpecialTokens: false })).getIds();
    expect(ours.encode(text), text).toEqual([...before, ...ids]);
    expect(ours.decode(ids), text).toBe(ids.length > 0 ? await rust.decode(ids, false) : '');
  }
}

describe.each(Object.entries(golden))('a SentencePiece model alone: %s', (name, { model, cases }) => {
  it("gives SentencePiece's own ids and texts", async () => {
    const tokenizer = await createTokenizer({ sentencePiece: bytesOf(model) });
    expect(cases.length).toBeGreaterThan(20);
    expect(tokenizer.kind).toBe(name === 'unigram' ? 'Unigram' : 'BPE');
    for (const { text, ids, decoded } of cases) {
      expect(tokenizer.encode(text), text).toEqual(ids);
      // Of what is unknown SentencePiece writes a mark that the Rust library does not.
      if (!ids.includes(0)) expect(tokenizer.decode(ids), text).toBe(decoded);
    }
  });
});

describe('other files alone', () => {
  // In the order of the ids, not of an object's keys, where numbers come first; a line cannot hold its own end.
  const lines = Object.entries(wordPieces)
    .filter(([token]) => !/[\r\n]/.test(token))
    .sort((a, b) => a[1] - b[1])
    .map(([token]) => token);
  const vocab = Object.fromEntries(lines.map((token, id) => [token, id]));

  it.each([
    ['WordPiece, lower case', undefined],
    ['WordPiece, with case', '{"do_lower_case": false}'],
  ])('vocab.txt: %s', async (kind, tokenizerConfigJson) => {
    const files = { vocabTxt: `${lines.join('\n')}\n`, tokenizerConfigJson };
    const { model, ...rest } = kinds[kind] as { model: Json };
    // BertTokenizer cleans up what it decodes, with case too.
    const decoder = { type: 'WordPiece', prefix: '##', cleanup: true };
    const parts = { ...rest, model: { ...model, vocab }, decoder };
    await expectAsRust(files, parts, [vocab['[CLS]'] as number]);
  });

  it.each([
    ['BPE with ▁', marked],
    ['BPE with </w>', ended],
  ])('vocab.json and merges.txt: %s', async (kind, { merges }) => {
    const { vocab } = (kinds[kind] as { model: { vocab: object } }).model;
    const mergesTxt = `#version: 0.2\n${merges.map((pair) => pair.join(' ')).join('\n')}\n`;
    await expectAsRust({ vocabJson: JSON.stringify(vocab), mergesTxt }, kinds[kind] as Json);
  });
});

describe('parts that all kinds may have', () => {
  it.each(['unigram', 'rules'])('the normalizer Precompiled with the rules of %s', async (name) => {
    const normalizer = {
      type: 'Precompiled',
      precompiled_charsmap: charsmapOf(bytesOf(golden[name]!.model)),
    };
    expect(normalizer.precompiled_charsmap).not.toBe('');
    const unigram = kinds['Unigram, NFKC'] as Json;
    await expectAsRust({ tokenizerJson: whole({ ...unigram, normalizer }) }, { ...unigram, normalizer });
  });

  it.each(Object.entries(kinds))('a template around a text of %s: what it puts before', async (_, parts) => {
    const { vocab } = parts.model as { vocab: Record<string, number> | [string, number][] };
    const tokens = Array.isArray(vocab)
      ? vocab.map(([token], id) => [token, id] as const)
      : Object.entries(vocab);
    const content = tokens.find(([, id]) => id === 0)?.[0] as string;
    const added_tokens = [
      { id: 0, content, special: true, single_word: false, lstrip: false, rstrip: false, normalized: false },
    ];
    const special = { SpecialToken: { id: content, type_id: 0 } };
    const text = { Sequence: { id: 'A', type_id: 0 } };
    const post_processor = {
      type: 'TemplateProcessing',
      single: [special, text, special],
      pair: [special, text, { Sequence: { id: 'B', type_id: 0 } }],
      special_tokens: { [content]: { id: content, ids: [0], tokens: [content] } },
    };
    const tokenizerJson = whole({ ...parts, added_tokens, post_processor });
    const rust = RustTokenizer.fromString(tokenizerJson);
    const ours = await createTokenizer({ tokenizerJson });
    for (const each of referenceTexts) {
      const ids = (await rust.encode(each, null, { addSpecialTokens: true })).getIds();
      expect(ours.encode(each), each).toEqual(ids.slice(0, -1));
    }
  });
});

/** The rules of a SentencePiece model (field 2 of its field 3), as a tokenizer.json holds them. */
function charsmapOf(model: Uint8Array): string {
  const field = (bytes: Uint8Array, wanted: number): Uint8Array => {
    for (let at = 0; at < bytes.length; ) {
      const number = () => {
        let value = 0;
        for (let shift = 0; ; shift += 7) {
          const byte = bytes[at++] ?? 0;
          value += (byte & 127) * 2 ** shift;
          if (byte < 128) return value;
        }
      };
      const key = number();
      if (key % 8 === 0) number();
      else if (key % 8 === 5) at += 4;
      else {
        const length = number();
        at += length;
        if (Math.floor(key / 8) === wanted) return bytes.subarray(at - length, at);
      }
    }
    return new Uint8Array();
  };
  return Buffer.from(field(field(model, 3), 2)).toString('base64');
}
