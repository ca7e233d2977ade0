import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visibleText } from './index.ts';

const show = (text: string) => visibleText(new TextEncoder().encode(text));

describe('visibleText', () => {
  it.each([
    ['', ''],
    ['the', 'the'],
    [' the', '␣the'],
    ['\n\n', '↵↵'],
    ['a\tb\r', 'a⇥b␍'],
    ['\0\x1f\x7f', '␀␟␡'],
    ['\u00a0', '⟨U+00A0⟩'],
    ['\u200d', '⟨U+200D⟩'],
    ['\u202e', '⟨U+202E⟩'],
    ['\ufeff', '⟨U+FEFF⟩'],
    ['\u0301', '◌\u0301'],
    ['e\u0301', 'e\u0301'],
    [' \u0301', '␣◌\u0301'],
    ['日本 😀', '日本␣😀'],
    ['\u{10ffff}', '⟨U+10FFFF⟩'],
  ])('shows %j as %j', (text, shown) => {
    expect(show(text)).toBe(shown);
  });

  it.each([
    [[0xf0, 0x9f], '⟨F0 9F⟩'],
    [[0x20, 0xe2, 0x80], '␣⟨E2 80⟩'],
    [[0x98, 0x80, 0x61], '⟨98 80⟩a'],
    [[0xed, 0xa0, 0x80], '⟨ED A0 80⟩'],
    [[0xc0, 0x80], '⟨C0 80⟩'],
    [[0xff, 0xc3, 0xa9, 0xc3], '⟨FF⟩é⟨C3⟩'],
  ])('shows the bytes %j as %s', (bytes, shown) => {
    expect(visibleText(Uint8Array.from(bytes))).toBe(shown);
  });

  it('never throws and leaves nothing invisible', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 24 }), (bytes) => {
        const shown = visibleText(bytes);
        expect(shown.replace(/⟨[^⟩]*⟩/g, '')).not.toMatch(/[\p{C}\p{Z}]/u);
        expect(shown === '').toBe(bytes.length === 0);
      }),
      { numRuns: 2000 },
    );
  });
});
