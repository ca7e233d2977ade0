import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { stripWgsl } from './wgsl.ts';

const folder = new URL('../../src/shaders/', import.meta.url);
const kernels = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.wgsl'),
);

/** The words and signs of WGSL, without comments and space. */
const tokens = (text: string) =>
  text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, ' ').match(/[\w.@$]+|[^\s\w]/g) ?? [];

describe('kernels as they are shipped', () => {
  it.each(kernels)('%s has the same tokens, in less space', (name) => {
    const text = readFileSync(new URL(name, folder), 'utf8');
    const stripped = stripWgsl(text);
    expect(tokens(stripped)).toEqual(tokens(text));
    expect(stripped).not.toMatch(/\/\/|\/\*|^\s|^$/m);
    expect(stripped.length).toBeLessThan(text.length);
  });
});
