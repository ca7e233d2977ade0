import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import { rules } from './folders/rules.ts';

/** `npm run check:folders`: directions of imports, circles, and lengths of files. */

const longestFile = 300;

const longFile = 250;
const codeFiles = new Set(['.ts', '.tsx', '.mjs', '.wgsl']);

export interface FolderReport {
  files: number;
  errors: string[];
  warnings: string[];
}

/** Folders of a tree whose imports are checked. */
const checked = ['src', 'bench', 'tools', 'e2e', 'test'];

async function importErrors(root: string, cache?: string): Promise<string[]> {
  const present = checked.filter((folder) => readdirSync(root).includes(folder));
  const { output } = await cruise(present, {
    baseDir: root,
    ruleSet: { forbidden: rules },
    validate: true,
    // Types count: a circle of types ties files as well.
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^node_modules|\\.wgsl' },
    ...(cache && { cache: { folder: cache, strategy: 'content' as const } }),
  });
  return (output as ICruiseResult).summary.violations.map(({ rule, from, to, cycle, comment }) => {
    const path = cycle ? cycle.map(({ name }) => name).join(' → ') : to;
    const why = comment ?? rules.find(({ name }) => name === rule.name)?.comment;
    return `${from} → ${path}: ${rule.name}. ${why}`;
  });
}

const countLines = (text: string) => text.split('\n').length - (text.endsWith('\n') ? 1 : 0);

function fileLengths(root: string): { name: string; lines: number }[] {
  return (
    readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      // Snapshots, which a test writes, are as long as what they show.
      .filter((name) => codeFiles.has(extname(name)) && !name.includes('/snapshots/'))
      .map((name) => ({
        name: `src/${name}`,
        lines: countLines(readFileSync(join(root, 'src', name), 'utf8')),
      }))
  );
}

/** Checks a tree with a src/ folder; each error is one line that says why. */
export async function checkTree(root: string, cache?: string): Promise<FolderReport> {
  const lengths = fileLengths(root);
  const tooLong = lengths.filter(({ lines }) => lines > longestFile);
  const long = lengths.filter(({ lines }) => lines > longFile && lines <= longestFile);
  return {
    files: lengths.length,
    errors: [
      ...tooLong.map(
        ({ name, lines }) => `${name}: ${lines} lines, more than ${longestFile}: split it by topic`,
      ),
      ...(await importErrors(root, cache)),
    ],
    warnings: long.map(({ name, lines }) => `${name}: ${lines} lines, more than ${longFile}`),
  };
}

async function main(): Promise<void> {
  const root = join(import.meta.dirname, '..');
  const { files, errors, warnings } = await checkTree(root, join(root, 'node_modules/.cache/check-folders'));
  for (const line of warnings) console.log(`warning  ${line}`);
  for (const line of errors) console.error(`error    ${line}`);
  console.log(`Folders: ${files} files, ${errors.length} violations, ${warnings.length} warnings.`);
  process.exitCode = errors.length > 0 ? 1 : 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
