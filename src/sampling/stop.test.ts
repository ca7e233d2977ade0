import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStopMatcher } from './stop.ts';

function stream(pieces: readonly string[], stops: readonly string[]) {
  const matcher = createStopMatcher(stops);
  let shown = '';
  let stopped = false;
  for (const piece of pieces) {
    const result = matcher.push(piece);
    shown += result.text;
    stopped = result.stopped;
  }
  return { shown: shown + matcher.end(), stopped };
}

/** The same by looking at the whole text: the stop that ends first, the longest of those. */
function whole(text: string, stops: readonly string[]) {
  const found = stops
    .map((stop) => ({ start: text.indexOf(stop), end: text.indexOf(stop) + stop.length }))
    .filter(({ start }) => start >= 0)
    .sort((a, b) => a.end - b.end || a.start - b.start)[0];
  return { shown: found ? text.slice(0, found.start) : text, stopped: found !== undefined };
}

/** Few letters, so that stops and near misses are common. */
const letters = (minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom('a', 'b', '\n', '😀', 'é'), minLength, maxLength });

describe('createStopMatcher', () => {
  it('returns the same text however it is split', () => {
    const stops = fc.array(letters(1, 5), { maxLength: 4 });
    fc.assert(
      fc.property(fc.array(letters(0, 6), { maxLength: 12 }), stops, (pieces, all) => {
        expect(stream(pieces, all)).toEqual(whole(pieces.join(''), all));
      }),
      { numRuns: 10_000 },
    );
  });

  it('agrees with indexOf for one stop, cut at every position', () => {
    const text = 'One.\n\nUser: two\n\nUser: three';
    const stop = '\n\nUser:';
    for (let first = 0; first <= text.length; first++) {
      for (let second = first; second <= text.length; second++) {
        const pieces = [text.slice(0, first), text.slice(first, second), text.slice(second)];
        expect(stream(pieces, [stop])).toEqual({ shown: 'One.', stopped: true });
      }
    }
  });

  it('never returns text that turns out to be a stop string', () => {
    const matcher = createStopMatcher(['END']);
    expect(matcher.push('the E')).toEqual({ text: 'the ', stopped: false });
    expect(matcher.push('N')).toEqual({ text: '', stopped: false });
    expect(matcher.push('D of it')).toEqual({ text: '', stopped: true });
    expect(matcher.push('more')).toEqual({ text: '', stopped: true });
    expect(matcher.end()).toBe('');
  });

  it('releases a near miss, and what was withheld at the end', () => {
    const matcher = createStopMatcher(['aab']);
    expect(matcher.push('aa').text).toBe('');
    expect(matcher.push('a').text).toBe('a');
    expect(matcher.push('c').text).toBe('aac');
    expect(matcher.push('xa').text).toBe('x');
    expect(matcher.end()).toBe('a');
  });

  it('passes everything through without stop strings', () => {
    expect(stream(['a', '', 'b'], [])).toEqual({ shown: 'ab', stopped: false });
  });
});
