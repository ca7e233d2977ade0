import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editText, tokenAt, tokenizeTail, tokenOffsets, type Version, versionText } from './document.ts';
import { textPieces } from './token-texts.ts';
import { buildTree } from './tree.ts';

const token = (id: number, text: string, origin: 'you' | 'model' = 'model') => {
  return { id, text, origin, logprob: -1, alternatives: null };
};

const version = (id: string, texts: string[]): Version => {
  return {
    id,
    tokens: texts.map((text) =>
      token(
        [...text].reduce((n, c) => n * 31 + c.charCodeAt(0), 7),
        text,
      ),
    ),
    tail: '',
    run: null,
  };
};

describe('editing', () => {
  it('always ends up with exactly the text that stands in the field', () => {
    const texts = fc.array(fc.string({ unit: 'grapheme', maxLength: 4 }), { maxLength: 12 });
    fc.assert(
      fc.property(
        texts,
        fc.string({ unit: 'grapheme' }),
        fc.nat(40),
        fc.nat(40),
        (pieces, added, from, length) => {
          const before = version('a', pieces);
          const old = versionText(before);
          const text = old.slice(0, from) + added + old.slice(from + length);
          expect(versionText(editText(before, text))).toBe(text);
        },
      ),
    );
  });

  it('keeps the tokens before the edit and lets go of those after it', () => {
    const edited = editText(version('a', ['Once', ' upon', ' a', ' time']), 'Once upon the time');
    expect(edited.tokens.map(({ text }) => text)).toEqual(['Once', ' upon']);
    expect(edited.tail).toBe(' the time');
  });

  it('tokenises a run of typed text as one', () => {
    const typed: Version = { id: 'a', tokens: [token(1, 'hel', 'you')], tail: '', run: null };
    expect(editText(typed, 'hello')).toMatchObject({ tokens: [], tail: 'hello' });
  });
});

describe('pieces', () => {
  it('join to the text whatever bytes a token splits', () => {
    const encoder = new TextEncoder();
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (raw) => {
        const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(encoder.encode(raw));
        const bytes = [...encoder.encode(text)];
        const decode = (ids: number[]) =>
          new TextDecoder('utf-8', { ignoreBOM: true }).decode(new Uint8Array(ids));
        expect(textPieces(text, bytes, decode).join('')).toBe(text);
      }),
    );
  });

  it('settle typed text into tokens', () => {
    const settled = tokenizeTail(
      { id: 'a', tokens: [], tail: 'one two', run: null },
      [1, 2],
      ['one', ' two'],
    );
    expect(settled.tokens.map(({ text, origin }) => [text, origin])).toEqual([
      ['one', 'you'],
      [' two', 'you'],
    ]);
  });
});

describe('places', () => {
  it('finds the token under every character', () => {
    const { tokens } = version('a', ['Once', '', ' upon', '', ' a']);
    const offsets = tokenOffsets(tokens);
    const found = [...'Once upon a'].map((_, i) => tokens[tokenAt(offsets, i)]?.text);
    expect(found.join('|')).toBe('Once|Once|Once|Once| upon| upon| upon| upon| upon| a| a');
    expect(tokenAt(offsets, 11)).toBe(-1);
  });
});

describe('the tree', () => {
  it('shares what versions begin with and forks where they part', () => {
    const tree = buildTree([
      version('a', ['x', 'y', 'z']),
      version('b', ['x', 'y', 'w']),
      version('c', ['q']),
    ]);
    expect(tree.map((node) => node.text)).toEqual(['xy', 'q']);
    expect(tree[0]?.children.map((node) => [node.text, node.versions])).toEqual([
      ['z', ['a']],
      ['w', ['b']],
    ]);
  });

  it('counts equal texts once and shows a version that is the beginning of another', () => {
    const tree = buildTree([version('a', ['x']), version('b', ['x']), version('c', ['x', 'y'])]);
    expect(tree).toHaveLength(1);
    expect(tree[0]?.children).toHaveLength(2);
  });
});
