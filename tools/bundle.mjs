import { dirname, join } from 'node:path';
import { minify } from 'terser';
import { build } from 'vite';
import { wgslPlugin } from './wgsl.mjs';

/** The files of the library beside `vitrine.js`, which fetches them when it needs them. */
export const engineFile = 'vitrine-engine.js';
export const ranksFile = 'vitrine-r50k.js';
export const tokenizerFile = 'vitrine-tokenizer.js';
export const cpuFile = 'vitrine-cpu.js';
export const torchFile = 'vitrine-torch.js';
export const decodingFile = 'vitrine-decoding.js';
export const moreFile = 'vitrine-more.js';
export const tunerFile = 'vitrine-tuner.js';

/** What stands apart from the engine: where it is imported, and the file it becomes. */
const parts = [
  { source: 'src/engine/load.ts', specifier: '../tokenizer/index.ts', file: tokenizerFile },
  { source: 'src/tokenizer/r50k.ts', specifier: 'gpt-tokenizer/bpeRanks/r50k_base', file: ranksFile },
  { source: 'src/engine/create-runtime.ts', specifier: './create-cpu-runtime.ts', file: cpuFile },
  { source: 'src/generation/generate.ts', specifier: './advanced-decoding.ts', file: decodingFile },
  { source: 'src/runtime/gpu/gpu-runtime.ts', specifier: './batched-step.ts', file: decodingFile },
  { source: 'src/engine/tuning.ts', specifier: './tuner.ts', file: tunerFile },
  { source: 'src/runtime/gpu/gpu-runtime.ts', specifier: './inspector.ts', file: moreFile },
  { source: 'src/engine/load.ts', specifier: './self-check.ts', file: moreFile },
  { source: 'src/engine/create-runtime.ts', specifier: './suggest-dtype.ts', file: moreFile },
  { source: 'src/weights/open.ts', specifier: './repositories/local-files.ts', file: moreFile },
  { source: 'src/weights/weight-files.ts', specifier: './formats/shard-index.ts', file: moreFile },
  { source: 'src/weights/weight-files.ts', specifier: './formats/torch-checkpoint.ts', file: torchFile },
];

const common = {
  configFile: false,
  publicDir: false,
  logLevel: 'warn',
};

/**
 * Replaces dynamic imports in one source file by those of a file beside the bundle, which stays a file of its own.
 * `folder` is where that file is, seen from the bundle.
 */
function besidePlugin(source, specifier, file, { folder = './', importer } = {}) {
  let found = false;
  return {
    name: `beside-${file}`,
    enforce: 'pre',
    apply: 'build',
    transform(code, id) {
      if (!id.endsWith(source)) return undefined;
      if (!code.includes(`import('${specifier}')`)) throw new Error(`${id} does not import('${specifier}').`);
      found = true;
      const beside = `import('${folder}${file}')`;
      return code.replaceAll(`import('${specifier}')`, importer?.(beside) ?? beside);
    },
    resolveId(id) {
      return id === folder + file ? { id, external: true } : undefined;
    },
    buildEnd(error) {
      if (!error && !found) throw new Error(`${source} is not part of the bundle.`);
    },
  };
}

/** The page's thread makes a tokenizer of its own from the texts the worker found. */
const clientTokenizer = { source: 'src/worker/client.ts', specifier: '../tokenizer/index.ts' };

/** The site uses the library's parts, which are in the folder above its scripts: one file for page, worker and library. */
export function partsOfSite({ worker }) {
  const apart = parts.filter(({ file }) => file !== ranksFile);
  if (!worker) apart.push({ ...clientTokenizer, file: tokenizerFile });
  return apart.map(({ source, specifier, file }) => besidePlugin(source, specifier, file, { folder: '../' }));
}

/**
 * Without the declarations of fields that a constructor sets anyway, and the marks for minifiers, of which this was the
 * last.
 */
export function leanScript(code) {
  return code.replace(/(\bclass(?: [\w$]+)?\{)(?:[\w$]+;)+/g, '$1').replace(/\/\* @__PURE__ \*\/ ?/g, '');
}

/** Bundles one entry into one ES module. Returns its text; nothing is written. */
async function bundle(entry, plugins, external = []) {
  const result = await build({
    ...common,
    plugins: [wgslPlugin(), ...plugins],
    build: {
      write: false,
      target: 'es2022',
      minify: true,
      modulePreload: false,
      lib: { entry, formats: ['es'], fileName: 'bundle' },
      rollupOptions: { external, output: { codeSplitting: false, minify: true } },
    },
  });
  const [{ output }] = [result].flat();
  const chunks = output.filter((part) => part.type === 'chunk');
  if (chunks.length !== 1) throw new Error(`${entry} became ${chunks.length} chunks instead of one.`);
  return shortest(leanScript(chunks[0].code));
}

/** A second minifier finds what the bundler's own leaves. */
async function shortest(code) {
  const { code: less } = await minify(code, { module: true, ecma: 2020, compress: { passes: 3 } });
  return less;
}

/**
 * Starts the worker from a blob that imports the engine's file: a worker's own script must come from the page's
 * origin, what it imports need not.
 */
const blobWorker = `
  export function spawnWorker() {
    if (typeof Worker === 'undefined' || typeof document === 'undefined') return undefined;
    try {
      const { engine, ...parts } = vitrineFiles();
      const text = 'import { serve } from ' + JSON.stringify(engine) + ';' +
        'globalThis.vitrineParts = ' + JSON.stringify(parts) + ';serve();';
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
 * Stands first in the library's file, in plain words: bundlers look for it, take the files along and put their new
 * addresses here. Some of them do not find it in minified code.
 */
const files = `const vitrineFiles = () => ({
  engine: new URL('./${engineFile}', import.meta.url).href,
${[...new Set(parts.map(({ file }) => file))].map((file) => `  '${file}': new URL('./${file}', import.meta.url).href,`).join('\n')}
});
`;

/** The library's entry: what a page needs before a model is asked for. */
export async function bundleLibrary(root) {
  const engineBeside = besidePlugin('src/worker/client.ts', './engine.ts', engineFile);
  const code = await bundle(join(root, 'src/index.ts'), [
    besidePlugin(clientTokenizer.source, clientTokenizer.specifier, tokenizerFile),
    engineBeside,
    replacePlugin('src/worker/spawn.ts', blobWorker),
    replacePlugin('src/worker/base.ts', baseBeside),
  ]);
  return files + code;
}

/**
 * Stands first in files with parts. A bundler may have moved the engine away from its neighbours for the worker's sake:
 * then the worker was told where they are. In the page's own thread bundlers follow the plain import.
 */
const partOf = `const vitrinePart = (name, beside) => {
  const url = globalThis.vitrineParts?.[name];
  return url ? import(/* webpackIgnore: true */ /* @vite-ignore */ url) : beside();
};
`;

/** A module with its parts apart. */
async function bundleWithParts(entry, apart) {
  const code = await bundle(
    entry,
    apart.map(({ source, specifier, file }) =>
      besidePlugin(source, specifier, file, {
        importer: (beside) => `vitrinePart(${JSON.stringify(file)}, () => ${beside})`,
      }),
    ),
  );
  return partOf + code;
}

/** The engine, for the worker and for where there is none. */
export function bundleEngine(root) {
  const apart = parts.filter(({ file }) => file !== ranksFile);
  return bundleWithParts(join(root, 'src/worker/engine.ts'), apart);
}

/** The tokenizer, for the page's thread and the worker alike. */
export function bundleTokenizer(root) {
  const ranks = parts.filter(({ file }) => file === ranksFile);
  return bundleWithParts(join(root, 'src/tokenizer/create.ts'), ranks);
}

/**
 * What is imported from one of the files beside the engine, as one module.
 * @param {string} file
 */
function bundlePart(root, file) {
  const id = `part:${file}`;
  const modules = parts
    .filter((part) => part.file === file)
    .map(({ source, specifier }) => join(root, dirname(source), specifier));
  const entry = {
    name: 'part-entry',
    enforce: 'pre',
    resolveId: (asked) => (asked.endsWith(id) ? id : undefined),
    load: (asked) =>
      asked === id ? modules.map((path) => `export * from ${JSON.stringify(path)};`).join('\n') : undefined,
  };
  return bundle(id, [entry]);
}

/** The model on the CPU. */
export function bundleCpu(root) {
  return bundlePart(root, cpuFile);
}

/** Beam search and speculative decoding. */
export function bundleDecoding(root) {
  return bundlePart(root, decodingFile);
}

/** Scores, views of the inside, the self check, the visitor's own files, checkpoints in shards. */
export function bundleMore(root) {
  return bundlePart(root, moreFile);
}

/** What measures kernels on an adapter that was not seen before. */
export function bundleTuner(root) {
  return bundlePart(root, tunerFile);
}

/** The reader of PyTorch checkpoints. */
export function bundleTorch(root) {
  return bundlePart(root, torchFile);
}

/** The custom element: it imports the library only when it is activated. */
export function bundleElement(root) {
  const libraryBeside = besidePlugin('src/embed/library.ts', '../worker/index.ts', 'vitrine.js');
  return bundle(join(root, 'src/embed/element.ts'), [libraryBeside]);
}

/** What only Node has a use for. */
export function bundleNode(root) {
  return bundle(join(root, 'src/node/index.ts'), [], [/^node:/, 'webgpu']);
}

/** GPT-2's ranks as a module. */
export function bundleRanks(root) {
  return bundle(join(root, 'node_modules/gpt-tokenizer/esm/bpeRanks/r50k_base.js'), []);
}
