import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type OptionName, optionTable } from '../src/generation/options.ts';
import { allowedValues, type OptionSpec } from '../src/lib/index.ts';
import { samplingTable } from '../src/sampling/index.ts';

/** Writes the docs' tables of options from the table in src/generation/options.ts: `npx tsx tools/option-tables.ts`. */
const root = join(import.meta.dirname, '..');
const specs = Object.entries(optionTable) as [OptionName, OptionSpec][];

const code = (text: string) => `\`${text}\``;
const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  return [row(heads), row(heads.map(() => '---')), ...rows.map(row)].join('\n');
}

function defaultOf(spec: OptionSpec): string {
  if (spec.defaultText !== undefined) return spec.defaultText;
  if (!('default' in spec) || spec.default === undefined) return '';
  return code(typeof spec.default === 'string' ? `'${spec.default}'` : String(spec.default));
}

function optionRows(entries: readonly [OptionName, OptionSpec][]): string[][] {
  return entries.map(([name, spec]) => [code(name), allowedValues(spec), defaultOf(spec), spec.summary]);
}

function embedDefault(spec: OptionSpec): string {
  if ('pageDefault' in spec && spec.pageDefault !== undefined) return code(String(spec.pageDefault));
  return 'off' in spec && spec.off !== undefined ? 'off' : defaultOf(spec);
}

const optionHeads = ['option', 'values', 'default', 'meaning'];
const isSampling = (name: string) => name in samplingTable;

/** Name of a generated block, its file, its text. */
export const blocks: readonly { name: string; file: string; text: string }[] = [
  {
    name: 'sampling-options',
    file: 'docs/sampling.md',
    text: table(optionHeads, optionRows(specs.filter(([name]) => isSampling(name)))),
  },
  {
    name: 'generation-options',
    file: 'docs/generation.md',
    text: table(optionHeads, optionRows(specs.filter(([name]) => !isSampling(name)))),
  },
  {
    name: 'embed-options',
    file: 'docs/embeds.md',
    text: table(
      ['attribute', 'property', 'meaning', 'default'],
      specs.flatMap(([name, spec]) =>
        spec.attribute === undefined || name === 'n'
          ? []
          : [[code(spec.attribute), name === 'stop' ? 'none' : code(name), spec.summary, embedDefault(spec)]],
      ),
    ),
  },
];

/** A file's text with one generated block replaced. */
export function withBlock(text: string, name: string, block: string): string {
  const begin = `<!-- begin ${name}, by tools/option-tables.ts -->\n`;
  const end = `\n<!-- end ${name} -->`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0)
    throw new Error(`There is no block ${name}: add ${begin.trim()} and ${end.trim()}.`);
  return text.slice(0, from + begin.length) + block + text.slice(to);
}

if (process.argv[1] === import.meta.filename) {
  for (const { name, file, text } of blocks) {
    const path = join(root, file);
    writeFileSync(path, withBlock(readFileSync(path, 'utf8'), name, text));
  }
}
