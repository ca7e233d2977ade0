import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { createR50kTokenizer, type Tokenizer } from './index.ts';

let tokenizer: Tokenizer;
let byteIds: number[];
beforeAll(async () => {
  tokenizer = await createR50kTokenizer();
  byteIds = Array.from({ length: 256 });
  for (let id = 0; id < 256; id++) byteIds[tokenizer.bytes(id)[0]!] = id;
});

function streamed(ids: readonly number[]): string[] {
  const stream = tokenizer.stream();
  return [...ids.map((id) => stream.push(id)), stream.end()];
}

/** Neither half of a pair alone: what would show as a broken character. */
const halfCharacter = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

function expectFaithful(ids: readonly number[]): void {
  const pieces = streamed(ids);
  expect(pieces.join('')).toBe(tokenizer.decode(ids));
  expect(pieces.filter((piece) => halfCharacter.test(piece))).toEqual([]);
}

describe('StreamDecoder', () => {
  it('joins to the decoded whole for any bytes', () => {
    const anyBytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => [...bytes]),
      fc.array(fc.constantFrom(0xf0, 0x9f, 0x98, 0x80, 0xe2, 0xed, 0xa0, 0xc3, 0xef, 0xbb, 0xbf, 0x61, 0xff)),
    );
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const ids = bytes.map((byte) => byteIds[byte]!);
        expectFaithful(ids);
        const whole = new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes));
        expect(tokenizer.decode(ids)).toBe(whole);
      }),
      { numRuns: 10_000 },
    );
  });

  it('joins to the decoded whole for any ids, also unknown ones', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: -2, max: 50300 }), { maxLength: 60 }), expectFaithful), {
      numRuns: 10_000,
    });
  });

  it.each([
    '👩‍👩‍👧‍👦',
    '🏳️‍🌈 🇩🇪',
    'e\u0301\u0323n\u0303',
    'नमस्ते',
    '한국어',
    '\ufeffBOM',
    '𝟘𠀀',
    '<|endoftext|>é',
  ])('streams %s by whole characters', (text) => {
    const ids = Array.from(new TextEncoder().encode(text), (byte) => byteIds[byte]!);
    const pieces = streamed(ids);
    expect(pieces.filter((piece) => piece !== '')).toEqual([...text]);
    expectFaithful(tokenizer.encode(text));
    expect(streamed(tokenizer.encode(text)).join('')).toBe(text);
  });

  it('gives what is left at the end, and begins anew', () => {
    const stream = tokenizer.stream();
    expect(stream.push(byteIds[0xf0]!) + stream.push(byteIds[0x9f]!)).toBe('');
    expect(stream.end()).toBe('\ufffd');
    expect(stream.push(byteIds[0x61]!)).toBe('a');
    expect(stream.end()).toBe('');
  });

  it('keeps streams and whole decoding apart', () => {
    const one = tokenizer.stream();
    one.push(byteIds[0xf0]!);
    expect(tokenizer.decode([byteIds[0x62]!])).toBe('b');
    expect(tokenizer.stream().push(byteIds[0x63]!)).toBe('c');
    expect(one.end()).toBe('\ufffd');
  });
});
