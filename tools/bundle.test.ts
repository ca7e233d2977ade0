import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { leanWgsl } from './bundle.mjs';

const folder = new URL('../src/shaders/', import.meta.url);
const kernels = readdirSync(folder).filter((name) => name.endsWith('.wgsl'));

/** The words and signs of WGSL, without comments and space. */
const tokens = (text: string) =>
  text
    .replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, ' ')
    .match(/[\w.@]+|[^\s\w]/g)
    ?.join(' ');

describe('kernels as they are shipped', () => {
  it.each(kernels)('%s has the same tokens, in less space', (name) => {
    const text = readFileSync(new URL(name, folder), 'utf8');
    const lean = leanWgsl(text);
    expect(tokens(lean)).toBe(tokens(text));
    expect(lean.length).toBeLessThan(text.length);
  });
});
