import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';

/** The files of the library beside `vitrine.js`, which fetches them when it needs them. */
export const engineFile = 'vitrine-engine.js';
export const ranksFile = 'vitrine-r50k.js';

const common = {
  configFile: false,
  publicDir: false,
  logLevel: 'warn',
};

/** Comments and indentation of WGSL say nothing to a driver; without them the library is smaller. */
export function leanWgsl(text) {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .split('\n')
    .map((line) => line.replace(/\/\/.*$/, '').trim())
    .filter((line) => line !== '')
    .join('\n');
}

/** `import text from './x.wgsl?raw'` without what only a reader needs. */
export function wgslPlugin() {
  return {
    name: 'lean-wgsl',
    enforce: 'pre',
    load(id) {
      const [path, query] = id.split('?');
      if (query !== 'raw' || !path.endsWith('.wgsl')) return undefined;
      return `export default ${JSON.stringify(leanWgsl(readFileSync(path, 'utf8')))};`;
    },
  };
}

/**
 * Replaces a dynamic import in one source file by that of a file beside the bundle, which stays a file of its own.
 * `folder` is where that file is, seen from the bundle.
 */
function besidePlugin(source, specifier, file, folder = './') {
  let found = false;
  return {
    name: `beside-${file}`,
    enforce: 'pre',
    apply: 'build',
    transform(code, id) {
      if (!id.endsWith(source)) return undefined;
      if (!code.includes(`import('${specifier}')`)) throw new Error(`${id} does not import('${specifier}').`);
      found = true;
      return code.replace(`import('${specifier}')`, `import('${folder}${file}')`);
    },
    resolveId(id) {
      return id === folder + file ? { id, external: true } : undefined;
    },
    buildEnd(error) {
      if (!error && !found) throw new Error(`${source} is not part of the bundle.`);
    },
  };
}

/** GPT-2's own ranks are 200 kB that only a model without tokenizer files needs: one file for page, worker and library. */
export const ranksBeside = (folder) =>
  besidePlugin('src/tokenizer/r50k.ts', 'gpt-tokenizer/bpeRanks/r50k_base', ranksFile, folder);

/** Bundles one entry into one ES module. Returns its text; nothing is written. */
async function bundle(entry, plugins) {
  const result = await build({
    ...common,
    plugins: [wgslPlugin(), ...plugins],
    build: {
      write: false,
      target: 'es2022',
      minify: true,
      modulePreload: false,
      lib: { entry, formats: ['es'], fileName: 'bundle' },
      rollupOptions: { output: { codeSplitting: false, minify: true } },
    },
  });
  const [{ output }] = [result].flat();
  const chunks = output.filter((part) => part.type === 'chunk');
  if (chunks.length !== 1) throw new Error(`${entry} became ${chunks.length} chunks instead of one.`);
  return chunks[0].code;
}

/**
 * Starts the worker from a blob that imports the engine's file: a worker's own script must come from the page's
 * origin, what it imports need not.
 */
const blobWorker = `
  export function spawnWorker() {
    if (typeof Worker === 'undefined' || typeof document === 'undefined') return undefined;
    try {
      const engine = vitrineEngineUrl();
      const text = 'import { serve } from ' + JSON.stringify(engine) + ';serve();';
      const url = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
      const worker = new Worker(url, { type: 'module', name: 'vitrine' });
      worker.addEventListener('message', () => URL.revokeObjectURL(url), { once: true });
      return worker;
    } catch {
      return undefined;
    }
  }`;

/** Bundled models lie beside the library. The address is kept from bundlers, which would look for a file there. */
const baseBeside = `
  export function defaultBase() {
    const here = import.meta.url;
    return new URL('models/', here).href;
  }`;

/** Puts other code in the place of one source file. */
function replacePlugin(source, text) {
  let found = false;
  return {
    name: `replace-${source}`,
    enforce: 'pre',
    load(id) {
      if (!id.endsWith(source)) return undefined;
      found = true;
      return text;
    },
    buildEnd(error) {
      if (!error && !found) throw new Error(`${source} is not part of the bundle.`);
    },
  };
}

/**
 * Stands first in the library's file, in plain words: bundlers look for it, take the engine's file along and put its new
 * address here. Some of them do not find it in minified code.
 */
const engineUrl = `const vitrineEngineUrl = () => new URL('./${engineFile}', import.meta.url).href;\n`;

/** The library's entry: what a page needs before a model is asked for. */
export async function bundleLibrary(root) {
  const engineBeside = besidePlugin('src/worker/client.ts', './here.ts', engineFile);
  const code = await bundle(join(root, 'src/index.ts'), [
    ranksBeside(),
    engineBeside,
    replacePlugin('src/worker/spawn.ts', blobWorker),
    replacePlugin('src/worker/base.ts', baseBeside),
  ]);
  return engineUrl + code;
}

/** The engine, for the worker and for where there is none. */
export function bundleEngine(root) {
  return bundle(join(root, 'src/worker/here.ts'), [ranksBeside()]);
}

/** The custom element: it imports the library only when it is activated. */
export function bundleElement(root) {
  const libraryBeside = besidePlugin('src/embed/library.ts', '../worker/index.ts', 'vitrine.js');
  return bundle(join(root, 'src/embed/element.ts'), [libraryBeside]);
}

/** GPT-2's ranks as a module. */
export function bundleRanks(root) {
  return bundle(join(root, 'node_modules/gpt-tokenizer/esm/bpeRanks/r50k_base.js'), []);
}
