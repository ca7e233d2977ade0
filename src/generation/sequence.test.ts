import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { createR50kTokenizer, type Tokenizer } from '../tokenizer/index.ts';
import { Sequence } from './sequence.ts';
import { SequenceText } from './sequence-text.ts';

let tokenizer: Tokenizer;
let byteIds: number[];
beforeAll(async () => {
  tokenizer = await createR50kTokenizer();
  byteIds = Array.from({ length: 256 });
  for (let id = 0; id < 256; id++) byteIds[tokenizer.bytes(id)[0] as number] = id;
});

const eos = 50256;

/** The reports of a sequence for these tokens, up to its end. */
function run(ids: readonly number[], stops: readonly string[], maxNewTokens = 1000) {
  const conditions = { maxNewTokens, eosTokenIds: [eos], contextLength: undefined };
  const sequence = new Sequence(0, [1], new SequenceText(tokenizer, stops), conditions);
  const pieces: string[] = [];
  for (const id of ids) {
    pieces.push(sequence.accept({ sequence: 0, id, logprob: -1, alternatives: [] }, false).text);
    if (sequence.finish) break;
  }
  return { pieces, text: pieces.join(''), finish: sequence.finish };
}

/** The expected text, computed from the whole: it ends at the stop that is complete first, the longest of those. */
function shown(text: string, stops: readonly string[]) {
  const [first] = stops
    .map((stop) => ({ start: text.indexOf(stop), end: text.indexOf(stop) + stop.length }))
    .filter(({ start }) => start >= 0)
    .sort((a, b) => a.end - b.end || a.start - b.start);
  return first ? { text: text.slice(0, first.start), finish: 'stop' } : { text, finish: 'length' };
}

const bytesOf = (text: string) => [...new TextEncoder().encode(text)];

/** Splits a text into tokens: bytes where `cuts` is true, the tokenizer's own tokens elsewhere. */
function split(text: string, cuts: readonly boolean[]): number[] {
  return [...text].flatMap((character, index) =>
    cuts[index % cuts.length]
      ? bytesOf(character).map((byte) => byteIds[byte] as number)
      : tokenizer.encode(character),
  );
}

const halfCharacter = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const unit = fc.constantFrom('a', 'b', '\n', ' ', 'é', '\u0301', '😀', '👩‍👧', '🏳️', '한', '\n\nUser:', 'END');
const text = fc.array(unit, { maxLength: 10 }).map((units) => units.join(''));
const stop = fc.array(unit, { minLength: 1, maxLength: 3 }).map((units) => units.join(''));

describe('Sequence', () => {
  it('gives the same text and finish reason however tokens split it', () => {
    const stops = fc.array(stop, { maxLength: 3 });
    const cuts = fc.array(fc.boolean(), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(text, stops, cuts, (whole, all, where) => {
        const ids = split(whole, where);
        if (ids.length === 0) return;
        const { pieces, text: joined, finish } = run(ids, all, ids.length);
        expect({ text: joined, finish }).toEqual(shown(whole, all));
        expect(pieces.filter((piece) => halfCharacter.test(piece))).toEqual([]);
      }),
      { numRuns: 10_000 },
    );
  });

  it.each(['\n\nUser:', '👩‍👧.', 'n\u0303o', ' the end'])(
    'cuts %j at every position of every split',
    (end) => {
      const bytes = bytesOf(`One.${end} Two`).map((byte) => byteIds[byte] as number);
      // A run of bytes comes as one token wherever the vocabulary has that token, the others byte by byte.
      const pairs = new Map<string, number>();
      for (let id = 0; id < 50256; id++) pairs.set(tokenizer.bytes(id).join(), id);
      const raw = bytesOf(`One.${end} Two`);
      for (let from = 0; from < raw.length; from++) {
        for (let to = from + 1; to <= raw.length; to++) {
          const merged = pairs.get(raw.slice(from, to).join());
          if (merged === undefined) continue;
          const ids = [...bytes.slice(0, from), merged, ...bytes.slice(to)];
          expect(run(ids, [end])).toMatchObject({ text: 'One.', finish: 'stop' });
        }
      }
    },
  );

  it('returns withheld text at any kind of end', () => {
    const ids = tokenizer.encode('One.\n\n');
    expect(run([...ids, eos], ['\n\nUser:'])).toMatchObject({ text: 'One.\n\n', finish: 'eos' });
    expect(run(ids, ['\n\nUser:'], ids.length)).toMatchObject({ text: 'One.\n\n', finish: 'length' });
    const half = bytesOf('😀').slice(0, 2);
    const broken = half.map((byte) => byteIds[byte] as number);
    expect(run(broken, ['x'], 2)).toMatchObject({ text: '\ufffd', finish: 'length' });
  });
});
