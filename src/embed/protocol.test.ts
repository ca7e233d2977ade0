import { describe, expect, it } from 'vitest';
import { allowedOrigins, readCommand } from './protocol.ts';

describe('commands of a parent', () => {
  it('reads those of this version', () => {
    const set = { vitrine: 1, id: 7, type: 'set', values: { prompt: 'Hello', seed: 3, 'top-k': null } };
    expect(readCommand(set)).toEqual(set);
    expect(readCommand({ vitrine: 1, type: 'generate' })).toEqual({ vitrine: 1, type: 'generate' });
  });

  it.each([
    null,
    'generate',
    { type: 'generate' },
    { vitrine: 2, type: 'generate' },
    { vitrine: 1, type: 'load' },
    { vitrine: 1, type: 'stop', id: {} },
    { vitrine: 1, type: 'set' },
    { vitrine: 1, type: 'set', values: { prompt: { toString: () => 'x' } } },
    { vitrine: 1, type: 'set', values: { seed: Number.NaN } },
  ])('ignores %j', (data) => {
    expect(readCommand(data)).toBeUndefined();
  });
});

describe('origins that may command', () => {
  it('are those the address names', () => {
    const origins = allowedOrigins(['https://a.example/post?x', 'http://localhost:8080'], []);
    expect([...origins]).toEqual(['https://a.example', 'http://localhost:8080']);
  });

  it('are none without a name, and never an opaque or malformed one', () => {
    expect(allowedOrigins([], []).size).toBe(0);
    expect(allowedOrigins(['null', '*', 'data:text/html,x', ''], []).size).toBe(0);
  });

  it('are only those the site lists, where it lists any', () => {
    const named = ['https://a.example', 'https://b.example'];
    expect([...allowedOrigins(named, ['https://b.example/', 'https://c.example'])]).toEqual([
      'https://b.example',
    ]);
  });
});
