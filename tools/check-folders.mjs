import { readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The folders of src/ by distance from the device. A file imports from its own folder and from lower levels only;
 * two folders of one level do not know each other.
 */
export const levels = {
  lib: 0,
  gpu: 1,
  tokenizer: 1,
  sampling: 1,
  weights: 1,
  shaders: 2,
  model: 3,
  runtime: 4,
  generation: 5,
  inside: 5,
  engine: 6,
  'device-test': 7,
  worker: 7,
  embed: 8,
  node: 8,
  ui: 8,
};

const longestFile = 400;
const longFile = 250;
const codeFiles = new Set(['.ts', '.tsx', '.mjs', '.wgsl']);
const scriptFiles = new Set(['.ts', '.tsx', '.mjs']);
const testFile = /\.(test|spec)\.tsx?$/;

const importPattern =
  /(?:^|[\s;}])(?:import|export)\s+(?:[^'"`;]*?\sfrom\s+)?['"]([^'"\n]+)['"]|\bimport\(\s*['"]([^'"\n]+)['"]\s*\)|new URL\(\s*['"](\.[^'"\n]+)['"]\s*,\s*import\.meta\.url/g;

/** Every module named by `import`, `export … from`, `import()` and `new URL(…, import.meta.url)`. */
export function importsOf(text) {
  const bare = text.replace(/^\s*(?:\/\/|\*|\/\*).*$/gm, '');
  return [...bare.matchAll(importPattern)].map((match) => match[1] ?? match[2] ?? match[3]);
}

function folderOf(path) {
  const [top, folder, rest] = path.split('/');
  if (top !== 'src') return undefined;
  return rest === undefined ? 'entry' : folder;
}

/** Why an import from one file of the tree to another is wrong; undefined when it is right. */
export function judge(from, to) {
  const source = folderOf(from);
  const target = folderOf(to);
  if (source === undefined) return undefined;
  if (target === undefined) return judgeOutside(from, to);
  if (source === target || source === 'entry') return undefined;
  if (target === 'entry') return `${source} imports the entry of the library, which is above it`;
  if (!(source in levels)) return `folder ${source} has no level: give it one in tools/check-folders.mjs`;
  if (!(target in levels)) return `folder ${target} has no level: give it one in tools/check-folders.mjs`;
  if (levels[target] > levels[source])
    return `${source} (level ${levels[source]}) imports ${target} (level ${levels[target]}): imports point downward only`;
  if (levels[target] === levels[source])
    return `${source} and ${target} are on one level and must not know each other`;
  // Tests and the device test compare with a folder's references, which no other code sees.
  const forTests =
    (testFile.test(from) || source === 'device-test') && to === `src/${target}/reference/index.ts`;
  if (!(to.startsWith(`src/${target}/`) && to.endsWith('/index.ts')) && !forTests)
    return `another folder is reached through src/${target}/index.ts only`;
  return undefined;
}

function judgeOutside(from, to) {
  if (testFile.test(from) || to.startsWith('node_modules/')) return undefined;
  const top = to.split('/')[0];
  if (['test', 'e2e', 'bench', 'tools', 'examples'].includes(top))
    return `shipped code imports ${top}/, which is not shipped`;
  return undefined;
}

function* walk(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(path);
    else if (codeFiles.has(extname(entry.name))) yield path;
  }
}

function countLines(text) {
  return text.endsWith('\n') ? text.split('\n').length - 1 : text.split('\n').length;
}

/**
 * Checks a tree with a src/ folder.
 * @returns what is wrong, each as one line that says why, and what is worth a look
 */
export function checkTree(root) {
  const errors = [];
  const warnings = [];
  let files = 0;
  for (const path of walk(join(root, 'src'))) {
    files += 1;
    const name = relative(root, path).split(sep).join('/');
    const text = readFileSync(path, 'utf8');
    const lines = countLines(text);
    if (lines > longestFile)
      errors.push(`${name}: ${lines} lines, more than ${longestFile}: split it by topic`);
    else if (lines > longFile) warnings.push(`${name}: ${lines} lines, more than ${longFile}`);
    if (!scriptFiles.has(extname(path))) continue;
    for (const specifier of importsOf(text)) {
      if (!specifier.startsWith('.')) continue;
      const target = posix.join(posix.dirname(name), specifier);
      const why = judge(name, target);
      if (why) errors.push(`${name}: import '${specifier}': ${why}`);
    }
  }
  return { files, errors, warnings };
}

function main() {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..');
  const { files, errors, warnings } = checkTree(root);
  for (const line of warnings) console.log(`warning  ${line}`);
  for (const line of errors) console.error(`error    ${line}`);
  console.log(`Folders: ${files} files, ${errors.length} violations, ${warnings.length} warnings.`);
  process.exitCode = errors.length > 0 ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
