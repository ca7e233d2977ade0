import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Kernels as they are shipped: without comments and needless space, and with short names. Nothing but names that a
 * `.wgsl` file itself declares is renamed; constants, bindings and members of structs keep theirs, because TypeScript
 * names them or a uniform's layout is read by them.
 *
 * No new name stands anywhere in any kernel, and within its scope each stands for one old name, so none can be taken
 * for another.
 */

/** Names that others call: the entry point, and what a test has a kernel of its own for. */
const called = new Set(['main', 'activate']);

/** Words of one or two letters that WGSL keeps to itself. */
const reserved = new Set(['as', 'do', 'fn', 'if', 'of']);

const letters = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const names = [...letters, ...letters.flatMap((first) => letters.map((second) => first + second))];

/** A name, but no member, attribute, or rest of an unrolled one such as `acc_$i_`; and what must be left alone. */
const word = /@builtin\(\w+\)|(?<![\w.@$])[A-Za-z_]\w*/g;

/** Comments and space in WGSL say nothing to a driver. Lines of `#unroll` and `#end` stay lines. */
export function leanWgsl(text) {
  return (
    text
      .replace(/\/\*[\s\S]*?\*\//g, '')
      .split('\n')
      .map((line) => line.replace(/\/\/.*$/, '').trim())
      .filter((line) => line !== '')
      .map((line) => (line.startsWith('#') ? `\n${line}\n` : ` ${line}`))
      .join('')
      // Before a sign a space stays, for the two must not become one operator.
      .replace(/ ([=<>!+\-*/%&|^]+) (?=[\w($])/g, '$1')
      .replace(/ ([=<>!+\-*/%&|^]+) /g, '$1 ')
      .replace(/ *([,;:{}()[\]]) */g, '$1')
      .replace(/ *\n+ */g, '\n')
      .trim()
  );
}

/** Where each function of a lean text begins and ends, its head included. */
function functions(text) {
  return [...text.matchAll(/\bfn (\w+)\(/g)].map((match) => {
    let depth = 0;
    let end = text.indexOf('{', match.index);
    do {
      if (text[end] === '{') depth++;
      if (text[end] === '}') depth--;
      end++;
    } while (depth > 0);
    return { name: match[1], start: match.index, end };
  });
}

/** The text without its functions. */
function outside(text) {
  let at = 0;
  let rest = '';
  for (const { start, end } of functions(text)) {
    rest += text.slice(at, start);
    at = end;
  }
  return rest + text.slice(at);
}

const declared = (text, pattern) => [...text.matchAll(pattern)].map(([, name]) => name);

function members(text) {
  return [...text.matchAll(/\bstruct \w+\{([^}]*)\}/g)].flatMap(([, body]) => declared(body, /(\w+):/g));
}

/** What a text declares at its top: functions, variables and constants. */
function tops(text) {
  const own = functions(text).map(({ name }) => name);
  return [...own, ...declared(outside(text), /\b(?:const|var(?:<\w+>)?) (\w+)/g)].filter(
    (name) => !called.has(name),
  );
}

/** What a function declares: its parameters and its variables. */
function locals(text) {
  const body = text.indexOf('{');
  const parameters = declared(text.slice(0, body), /[(,](?:@builtin\(\w+\))?(\w+):/g);
  return [...new Set([...parameters, ...declared(text.slice(body), /\b(?:let|var|const) ([A-Za-z_]\w*)/g)])];
}

function rename(text, map) {
  return text
    .split('\n')
    .map((line) => (line.startsWith('#') ? line : line.replace(word, (name) => map.get(name) ?? name)))
    .join('\n');
}

/**
 * Short names for the kernels of a folder. Returns the way from the text of a file to that which is shipped.
 * @param {string} folder
 */
export function shortener(folder) {
  const texts = readdirSync(folder)
    .filter((name) => name.endsWith('.wgsl'))
    .map((name) => leanWgsl(readFileSync(join(folder, name), 'utf8')));
  const used = new Set(texts.flatMap((text) => text.match(word) ?? []));
  const free = names.filter((name) => !used.has(name) && !reserved.has(name));
  const fixed = new Set(texts.flatMap(members));
  const often = (name) => texts.reduce((sum, text) => sum + text.split(name).length, 0);
  const shared = [...new Set(texts.flatMap(tops))]
    .filter((name) => !fixed.has(name))
    .sort((a, b) => often(b) - often(a));
  const pairs = free.filter((name) => name.length === 2);
  const top = new Map(shared.map((name, at) => [name, pairs[at]]));
  const inFunctions = [...free.filter((name) => name.length === 1), ...pairs.slice(shared.length)];
  return (text) => {
    let out = leanWgsl(text);
    for (const { start, end } of functions(out).reverse()) {
      const part = out.slice(start, end);
      const own = new Map(locals(part).map((name, at) => [name, inFunctions[at]]));
      out = out.slice(0, start) + rename(part, own) + out.slice(end);
    }
    return rename(out, top);
  };
}

const shaders = join(dirname(fileURLToPath(import.meta.url)), '../src/shaders');

/**
 * `import text from './x.wgsl?raw'` as it is shipped. While developing kernels stay whole and readable, unless
 * `always` is set.
 */
export function wgslPlugin({ always = false } = {}) {
  let shorten;
  return {
    name: 'short-wgsl',
    enforce: 'pre',
    apply: always ? undefined : 'build',
    buildStart() {
      shorten = shortener(shaders);
    },
    load(id) {
      const [path, query] = id.split('?');
      if (query !== 'raw' || !path.endsWith('.wgsl')) return undefined;
      return `export default ${JSON.stringify(shorten(readFileSync(path, 'utf8')))};`;
    },
  };
}
