import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { blocks, withBlock } from './option-tables.ts';

it.each(blocks)('$file holds the current table $name (npx tsx tools/option-tables.ts writes it)', (block) => {
  const text = readFileSync(join(import.meta.dirname, '..', block.file), 'utf8');
  expect(text).toBe(withBlock(text, block.name, block.text));
});

it('a file without the block is an error', () => {
  expect(() => withBlock('text', 'missing', '| a |')).toThrow('missing');
});
