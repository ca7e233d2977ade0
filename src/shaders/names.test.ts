import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { namesInHeader, undeclaredNames } from '../../test/support/wgsl-names.ts';

const folder = new URL('./', import.meta.url);
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.wgsl') && !name.includes('snapshots'),
);

describe('the header of a kernel', () => {
  it.each(files)('%s names what the text takes from outside, and nothing else', (name) => {
    const text = readFileSync(new URL(name, folder), 'utf8');
    expect([...namesInHeader(text)].sort()).toEqual([...undeclaredNames(text)].sort());
  });

  it('is held to every name', () => {
    const text =
      '// Constants: WG lanes\n// Bindings: x\n@compute fn main() { let i = WG; x[i] = other(KB); }';
    expect(undeclaredNames(text)).toEqual(new Set(['WG', 'x', 'other', 'KB']));
    expect(namesInHeader(text)).toEqual(new Set(['WG', 'x']));
  });
});
