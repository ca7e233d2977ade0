import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { seeded } from '../../test/support/numbers.ts';
import { VitrineError } from '../lib/index.ts';
import { admits, endsText, isComplete, nextState, type TokenAutomaton } from '../sampling/index.ts';
import { createR50kTokenizer, type Tokenizer } from '../tokenizer/index.ts';
import { compileConstraint } from './compile.ts';
import type { Constraint } from './types.ts';

const eos = 50256;
let tokenizer: Tokenizer;

beforeAll(async () => {
  tokenizer = await createR50kTokenizer();
});

const compile = (constraint: Constraint) =>
  compileConstraint(constraint, { tokenizer, count: 50257, eosTokenIds: [eos] });

/** Whether a text passes byte by byte, and may end there. */
function accepts(automaton: TokenAutomaton, text: string): boolean {
  let state = 0;
  for (const id of tokenizer.encode(text)) {
    if (id === eos || !admits(automaton, state, id)) return false;
    state = nextState(automaton, state, id) as number;
  }
  return admits(automaton, state, eos);
}

/** Draws any allowed token until the text is whole; favours ends, so that loops do too. */
function write(automaton: TokenAutomaton, seed: number, most = 300): { text: string; whole: boolean } {
  const next = seeded(seed);
  const ids: number[] = [];
  let state = 0;
  while (ids.length < most && !isComplete(automaton, state)) {
    if (admits(automaton, state, eos) && next() < 0.3) break;
    const allowed = [...automaton.spans.keys()].filter((id) => id !== eos && admits(automaton, state, id));
    const id = allowed[Math.floor(next() * allowed.length)] as number;
    ids.push(id);
    state = nextState(automaton, state, id) as number;
  }
  return { text: tokenizer.decode(ids), whole: admits(automaton, state, eos) };
}

function refusal(constraint: unknown): string {
  try {
    compile(constraint as Constraint);
  } catch (error) {
    if (error instanceof VitrineError && error.code === 'invalid-argument') return error.message;
    throw error;
  }
  throw new Error('not refused');
}

describe('regular expressions', () => {
  const patterns: [source: string, yes: string[], no: string[]][] = [
    ['abc', ['abc'], ['', 'ab', 'abcd', 'xabc']],
    ['^(yes|no)$', ['yes', 'no'], ['y', 'yesno', '']],
    ['a{2,3}b?', ['aa', 'aaa', 'aab', 'aaab'], ['a', 'aaaa', 'ab']],
    ['[a-c]+(?:,[^a-c,]*)*', ['a', 'abc,xyz', 'a,,', 'b,é😀'], ['', 'd', 'a,a']],
    ['\\d{3}-\\d{4}', ['555-1234'], ['5555-123', '55a-1234']],
    ['.', ['x', 'é', '😀', '"'], ['', 'xx', '\n']],
    ['[\\s\\S]*', ['', 'a\nb', ' 😀\r\n'], []],
    ['\\u{1f600}[é-ü]\\x41\\u0042', ['😀éAB', '😀üAB'], ['😀eAB', '😀éA']],
    ['(?<year>\\d+)\\.\\*', ['2026.*'], ['2026.', '2026..']],
    ['(a|b)*abb', ['abb', 'aabb', 'babaabb'], ['ab', 'abba']],
    ['[^]*', ['', 'a\n😀'], []],
    ['[\\]\\-^]+', [']-^'], ['a']],
    ['(|x)y', ['y', 'xy'], ['x', '']],
  ];

  it.each(patterns)('%s', (source, yes, no) => {
    const automaton = compile({ regex: source });
    const plain = new RegExp(`^(?:${source})$`, 'u');
    for (const text of yes)
      expect([text, plain.test(text), accepts(automaton, text)]).toEqual([text, true, true]);
    for (const text of no)
      expect([text, plain.test(text), accepts(automaton, text)]).toEqual([text, false, false]);
  });

  const leaf = fc.constantFrom('a', 'b', 'é', '😀', '[ab]', '[^a]', '\\d', '\\w', '.', '\\.', '"', ' ');
  const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
    pattern: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.tuple(tie('pattern'), tie('pattern')).map(([left, right]) => left + right),
      fc.tuple(tie('pattern'), tie('pattern')).map(([left, right]) => `(?:${left}|${right})`),
      fc
        .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '{0,2}?'))
        .map(([inner, times]) => `(?:${inner})${times}`),
    ),
  }));

  it('writes only what JavaScript matches', () => {
    fc.assert(
      fc.property(pattern, fc.nat(), (source, seed) => {
        const { text, whole } = write(compile({ regex: source }), seed, 20);
        if (whole) expect(text).toMatch(new RegExp(`^(?:${source})$`, 'su'));
      }),
      { numRuns: 60 },
    );
  });

  it('takes what JavaScript matches, and nothing else', () => {
    const characters = fc.constantFrom('a', 'b', '0', 'é', '😀', '.', '"', ' ', '_');
    const text = fc.array(characters, { maxLength: 6 }).map((all) => all.join(''));
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 4, maxLength: 4 }), (source, texts) => {
        const automaton = compile({ regex: source });
        const plain = new RegExp(`^(?:${source})$`, 'u');
        for (const each of texts) expect([each, accepts(automaton, each)]).toEqual([each, plain.test(each)]);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ['(a', /a \( without a \)/],
    ['a)', /a \) without a \(/],
    ['a**', /a quantifier after a quantifier/],
    ['*a', /follows nothing/],
    ['a{3,2}', /end is below/],
    ['a{2000}', /above 1000/],
    ['(?=a)b', /lookaround/],
    ['(a)\\1', /escape \\1/],
    ['\\p{L}', /escape \\p/],
    ['\\bword', /escape \\b/],
    ['[b-a]', /range/],
    ['a^b', /\^ or \$ within/],
    ['^a|b$', /beside \|/],
    ['[a', /a \[ without/],
    ['\\ud800', /no character/],
  ])('refuses %s', (source, message) => {
    expect(refusal({ regex: source })).toMatch(message);
  });

  it.each(['((a{1000}){1000}){1000}', '(a|b)*a(a|b){20}', '(.{0,200}x){0,200}'])(
    'refuses what grows too large: %s',
    (source) => {
      expect(refusal({ regex: source })).toMatch(/more than \d+/);
    },
  );
});

describe('choices', () => {
  it('writes one of them', () => {
    const choices = ['red', 'green', 'deep green', 'ü😀'];
    const automaton = compile({ choices });
    for (const text of choices) expect(accepts(automaton, text)).toBe(true);
    expect(accepts(automaton, 'gree')).toBe(false);
    for (let seed = 0; seed < 12; seed++) expect(choices).toContain(write(automaton, seed).text);
  });
});

describe('JSON schemas', () => {
  const person = {
    type: 'object',
    properties: {
      name: { type: 'string', maxLength: 12 },
      age: { type: 'integer' },
      tags: { type: 'array', items: { enum: ['a', 'b', 3, null] }, minItems: 1, maxItems: 3 },
      home: { $ref: '#/$defs/place' },
      code: { type: 'string', pattern: '^[A-Z"\\\\]{2,3}$' },
      extra: { type: ['boolean', 'null', 'number'] },
    },
    required: ['name', 'tags', 'code'],
    additionalProperties: false,
    $defs: { place: { type: 'object', properties: { city: { const: 'Genève' } }, required: ['city'] } },
  };

  it('writes JSON that the schema accepts', () => {
    const automaton = compile({ jsonSchema: person });
    let wholes = 0;
    for (let seed = 0; seed < 10; seed++) {
      const { text, whole } = write(automaton, seed);
      if (!whole) continue;
      wholes++;
      const {
        name,
        age = 0,
        tags,
        home = { city: 'Genève' },
        code,
        extra = null,
        ...rest
      } = JSON.parse(text);
      expect(rest).toEqual({});
      expect([...name].length).toBeLessThanOrEqual(12);
      expect(Number.isInteger(age)).toBe(true);
      expect(tags.length > 0 && tags.length <= 3).toBe(true);
      for (const tag of tags) expect(['a', 'b', 3, null]).toContain(tag);
      expect(home).toEqual({ city: 'Genève' });
      expect(code).toMatch(/^[A-Z"\\]{2,3}$/);
      expect(['boolean', 'number']).toContain(typeof (extra ?? true));
    }
    expect(wholes).toBeGreaterThan(5);
  });

  it.each([
    [person, '{"name":"A\\"b\\u0001","tags":["a", null],"code":"A\\"\\\\"}', true],
    [person, '{"tags":["a"],"name":"x","code":"AA"}', false],
    [person, '{"name":"x","tags":[],"code":"AA"}', false],
    [{ type: 'integer' }, '-10', true],
    [{ type: 'integer' }, '01', false],
    [{ type: 'integer' }, '1.5', false],
    [{ type: 'number' }, '-0.5e+10', true],
    [{ type: 'number' }, '1.', false],
    [{ type: 'string', minLength: 2, maxLength: 2 }, '"é😀"', true],
    [{ type: 'string', pattern: 'b+' }, '"abbc"', true],
    [{ type: 'string', pattern: 'b+' }, '"ac"', false],
    [{ type: 'object', properties: { a: { type: 'null' }, b: true } }, '{}', true],
    [{ type: 'object', properties: { a: { type: 'null' }, b: true } }, '{"b": {"x": [1]}}', true],
    [{ type: 'object', properties: { a: { type: 'null' }, b: true } }, '{"a":null,}', false],
    [{ type: 'object' }, '{"any":[{"thing": true}]}', true],
    [{ anyOf: [{ type: 'boolean' }, { const: { a: [1, 'x'] } }] }, '{"a":[1,"x"]}', true],
    [true, '[1,"two",{"three":null}]', true],
    [{ type: 'array', maxItems: 0 }, '[]', true],
    [{ type: 'array', items: { type: 'integer' }, minItems: 2 }, '[1]', false],
    [{ type: 'array', items: { type: 'integer' }, minItems: 2 }, '[1, 2,3]', true],
  ])('%j and %s: %s', (jsonSchema, text, expected) => {
    expect(accepts(compile({ jsonSchema }), text)).toBe(expected);
  });

  it.each([
    [{ type: 'integer', minimum: 3 }, /# has the keyword minimum/],
    [
      { type: 'object', properties: { a: { type: 'string', format: 'date' } } },
      /#\/properties\/a has the keyword format/,
    ],
    [{ type: 'array', uniqueItems: true }, /uniqueItems/],
    [
      { $ref: '#/$defs/a', $defs: { a: { type: 'array', items: { $ref: '#/$defs/a' } } } },
      /refers to itself/,
    ],
    [{ $ref: '#/$defs/none' }, /leads nowhere/],
    [{ $ref: 'https://example.org/schema' }, /within the schema/],
    [{ type: 'thing' }, /types are string/],
    [{ enum: [] }, /not empty/],
    [false, /no schema/],
    [{ type: 'object', properties: { a: true }, required: ['b'] }, /requires "b"/],
    [{ type: 'string', minLength: 5, maxLength: 2 }, /minLength 5/],
  ])('refuses %j', (jsonSchema, message) => {
    expect(refusal({ jsonSchema })).toMatch(message);
  });
});

describe('a constraint', () => {
  it('is one of three', () => {
    for (const wrong of [
      null,
      'a',
      {},
      { regex: 3 },
      { choices: [] },
      { choices: [''] },
      { regex: 'a', choices: ['a'] },
    ])
      expect(refusal(wrong)).toMatch(/constraint must be/);
  });

  it('never allows what tokens cannot finish', () => {
    // No token has the byte of z: after b there would be no way on.
    const tokens = ['a', 'b', 'ab', ''].map((text) => new TextEncoder().encode(text));
    const few = { isSpecial: () => false, bytes: (id: number) => tokens[id] ?? new Uint8Array() };
    const automaton = compileConstraint(
      { regex: 'a(bz|b?)a' },
      { tokenizer: few, count: 4, eosTokenIds: [3] },
    );
    expect([0, 1, 2, 3].map((id) => admits(automaton, 0, id))).toEqual([true, false, true, false]);
    expect(() => compileConstraint({ regex: 'z+' }, { tokenizer: few, count: 4, eosTokenIds: [3] })).toThrow(
      /No text of this model's tokens/,
    );
    expect((automaton.spans[3] as number) & 0xff).toBe(endsText);
  });
});
