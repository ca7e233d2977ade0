import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { leanWgsl, shortener } from './wgsl.mjs';

const folder = new URL('../src/shaders/', import.meta.url);
const kernels = readdirSync(folder).filter((name) => name.endsWith('.wgsl'));

/** The words and signs of WGSL, without comments and space. */
const tokens = (text: string): string[] =>
  text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, ' ').match(/[\w.@$]+|[^\s\w]/g) ?? [];

const isName = (token: string) => /^[A-Za-z_]\w*\b/.test(token);

describe('kernels as they are shipped', () => {
  const shorten = shortener(fileURLToPath(folder));

  it.each(kernels)('%s has the same tokens, in less space', (name) => {
    const text = readFileSync(new URL(name, folder), 'utf8');
    const lean = leanWgsl(text);
    expect(tokens(lean)).toEqual(tokens(text));
    expect(lean.length).toBeLessThan(text.length);
  });

  it.each(kernels)('%s differs from its source in names alone, and no new name stands for two', (name) => {
    const text = readFileSync(new URL(name, folder), 'utf8');
    const [before, after] = [tokens(text), tokens(shorten(text))];
    expect(after.length).toBe(before.length);
    // A name of a function's own means something else in the next one.
    let meant = new Map<string, string>();
    for (const [at, token] of after.entries()) {
      const old = before[at] as string;
      if (token === 'fn') meant = new Map();
      if (token === old) continue;
      const [short, long] = [/^\w+/.exec(token)?.[0], /^\w+/.exec(old)?.[0]] as [string, string];
      expect(isName(old) && isName(token), `${old} became ${token}`).toBe(true);
      // What follows an unrolled name, or a member, stays.
      expect(token.slice(short.length).replace(/^[^$.]*/, '')).toBe(
        old.slice(long.length).replace(/^[^$.]*/, ''),
      );
      expect(meant.get(short) ?? long).toBe(long);
      meant.set(short, long);
      expect(before.includes(short), `${short} is a name of the source`).toBe(false);
    }
  });

  it('keeps the names that TypeScript gives, and members', () => {
    const text = readFileSync(new URL('sample_logits.wgsl', folder), 'utf8');
    const short = shorten(text);
    for (const name of [
      'LOGITS_STRIDE',
      'logits[',
      'work[',
      'Sampling',
      'sampling.penalty_up',
      'penalty_up:f32',
    ])
      expect(short).toContain(name);
    expect(short).not.toContain('sanitise');
  });
});
