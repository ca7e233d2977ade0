import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { rollup } from 'rollup';
import dts from 'rollup-plugin-dts';
import { build } from 'vite';
import {
  bundleCpu,
  bundleDecoding,
  bundleElement,
  bundleEngine,
  bundleLibrary,
  bundleMore,
  bundleNode,
  bundleRanks,
  bundleTokenizer,
  bundleTorch,
  bundleTuner,
  cpuFile,
  decodingFile,
  engineFile,
  moreFile,
  ranksFile,
  tokenizerFile,
  torchFile,
  tunerFile,
} from './bundle.mjs';

/** Builds `dist/`: the site, the library and the custom element, and refuses to let them grow past their limits. */
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const assets = join(dist, 'assets');
const kB = 1000;

/**
 * Bytes after gzip. The page: everything it fetches before a model where there are workers, without GPT-2's ranks.
 * The library: what is fetched to run a safetensors model on a graphics adapter. On an adapter that was not seen before
 * the tuner comes as well, once; its size is told beside.
 */
const limits = { page: 200 * kB, library: 60 * kB, 'embed.js': 10 * kB };
const libraryFiles = ['vitrine.js', engineFile, tokenizerFile];

function gzipped(path) {
  return gzipSync(readFileSync(path), { level: 9 }).length;
}

function write(name, text) {
  writeFileSync(join(dist, name), text);
}

async function buildLibrary() {
  write('vitrine.js', await bundleLibrary(root));
  write(engineFile, await bundleEngine(root));
  write(tokenizerFile, await bundleTokenizer(root));
  write(cpuFile, await bundleCpu(root));
  write(decodingFile, await bundleDecoding(root));
  write(moreFile, await bundleMore(root));
  write(torchFile, await bundleTorch(root));
  write(tunerFile, await bundleTuner(root));
  write(ranksFile, await bundleRanks(root));
  write('embed.js', await bundleElement(root));
  write('vitrine-node.js', await bundleNode(root));
}

/** Types of one entry as one file that needs no other. */
async function typesOf(entry) {
  const bundle = await rollup({
    input: join(root, entry),
    plugins: [dts({ tsconfig: join(root, 'tsconfig.json') })],
    external: [/^[^./]/],
  });
  const { output } = await bundle.generate({ format: 'es' });
  await bundle.close();
  return output[0].code;
}

async function buildTypes() {
  // The one name of WebGPU in the types. Where the platform has it, the two declarations are one.
  const gpu = 'declare global {\n  interface GPUDevice {}\n}\n';
  write('vitrine.d.ts', gpu + (await typesOf('src/index.ts')));
  const tag =
    "declare global {\n  interface HTMLElementTagNameMap {\n    'vitrine-demo': VitrineDemo;\n  }\n}\n";
  write('vitrine-node.d.ts', await typesOf('src/node/index.ts'));
  write('embed.d.ts', tag + (await typesOf('src/embed/element.ts')));
}

/** Files that a script of the page imports at once, itself included. */
function withImports(name, found = new Set()) {
  if (found.has(name)) return found;
  found.add(name);
  const text = readFileSync(join(assets, name), 'utf8');
  for (const [, next] of text.matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g))
    withImports(next, found);
  return found;
}

/** What index.html fetches before a model: its scripts and styles, and the engine's client and worker. */
function pageFiles() {
  const html = readFileSync(join(dist, 'index.html'), 'utf8');
  const named = [...html.matchAll(/assets\/([^"]+\.(?:js|css))/g)].map(([, name]) => name);
  const workers = readdirSync(assets).filter((name) => /^entry-.*\.js$/.test(name));
  const files = new Set([...named, ...workers].flatMap((name) => [...withImports(name)]));
  const client = [...files].some((name) => name.startsWith('worker-'));
  if (workers.length !== 1 || !client)
    throw new Error(`The engine's client and worker are not among the page's files: ${[...files]}`);
  const own = [...files].map((name) => join(assets, name));
  return [join(dist, 'index.html'), ...own, join(dist, tokenizerFile)];
}

function sizes() {
  const page = pageFiles().reduce((sum, path) => sum + gzipped(path), 0);
  const files = [
    ...libraryFiles,
    'embed.js',
    cpuFile,
    decodingFile,
    moreFile,
    torchFile,
    tunerFile,
    ranksFile,
  ];
  const rows = files.map((name) => [name, gzipped(join(dist, name))]);
  const library = rows.slice(0, libraryFiles.length).reduce((sum, [, bytes]) => sum + bytes, 0);
  return [['page', page], ['library', library], ...rows];
}

function checkSizes() {
  let fits = true;
  for (const [name, bytes] of sizes()) {
    const limit = limits[name];
    const over = limit !== undefined && bytes > limit;
    const against = limit === undefined ? '' : ` of ${limit / kB} kB allowed`;
    console.log(
      `${name.padEnd(18)} ${(bytes / kB).toFixed(1).padStart(7)} kB gzip${against}${over ? '  TOO LARGE' : ''}`,
    );
    fits &&= !over;
  }
  if (!fits) throw new Error('A file is larger than its limit.');
}

/** The site must work below any path: no address in a page begins at the host's root. */
function checkRelative() {
  for (const name of readdirSync(dist).filter((file) => file.endsWith('.html'))) {
    const absolute = /(?:src|href)="\/[^"]*"/.exec(readFileSync(join(dist, name), 'utf8'));
    if (absolute) throw new Error(`${name} holds an address from the host's root: ${absolute[0]}`);
  }
}

function folderBytes(folder) {
  const paths = readdirSync(folder, { recursive: true }).map((name) => join(folder, name));
  return paths.reduce((sum, path) => sum + (statSync(path).isFile() ? statSync(path).size : 0), 0);
}

async function main() {
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist);
  // Before the site, whose service worker keeps these files too.
  await buildLibrary();
  await build({ root, logLevel: 'warn', build: { emptyOutDir: false } });
  await buildTypes();
  checkRelative();
  checkSizes();
  console.log(`dist/ holds ${(folderBytes(dist) / kB / kB).toFixed(1)} MB, the bundled model included.`);
}

try {
  await main();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
