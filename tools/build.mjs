import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { rollup } from 'rollup';
import dts from 'rollup-plugin-dts';
import { build } from 'vite';
import { bundleElement, bundleEngine, bundleLibrary, bundleRanks, engineFile, ranksFile } from './bundle.mjs';

/** Builds `dist/`: the site, the library and the custom element, and refuses to let them grow past their limits. */
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const assets = join(dist, 'assets');
const kB = 1000;

/** Bytes after gzip. The page: everything it fetches before a model where there are workers, without GPT-2's ranks. */
const limits = { page: 200 * kB, 'vitrine.js': 60 * kB, 'embed.js': 10 * kB };

function gzipped(path) {
  return gzipSync(readFileSync(path), { level: 9 }).length;
}

function write(name, text) {
  writeFileSync(join(dist, name), text);
}

async function buildLibrary() {
  write('vitrine.js', await bundleLibrary(root));
  write(engineFile, await bundleEngine(root));
  write(ranksFile, await bundleRanks(root));
  if (existsSync(join(root, 'src/embed/element.ts'))) write('embed.js', await bundleElement(root));
}

async function buildTypes() {
  const types = await rollup({
    input: join(root, 'src/index.ts'),
    plugins: [dts({ tsconfig: join(root, 'tsconfig.json') })],
    external: [/^[^./]/],
  });
  const { output } = await types.generate({ format: 'es' });
  await types.close();
  // The one name of WebGPU in the types. Where the platform has it, the two declarations are one.
  write('vitrine.d.ts', `declare global {\n  interface GPUDevice {}\n}\n${output[0].code}`);
}

/** Files of the page: scripts, styles and the page itself; not the ranks, the engine outside of a worker (`here`), other pages. */
function pageFiles() {
  const files = readdirSync(assets).map((name) => join(assets, name));
  const own = files.filter((path) => /\.(js|css)$/.test(path) && !/r50k|(here|embed|bench)-/.test(path));
  return [join(dist, 'index.html'), ...own];
}

function sizes() {
  const page = pageFiles().reduce((sum, path) => sum + gzipped(path), 0);
  const rows = [['page', page]];
  for (const name of ['vitrine.js', engineFile, 'embed.js', ranksFile])
    if (existsSync(join(dist, name))) rows.push([name, gzipped(join(dist, name))]);
  return rows;
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
  await build({ root, logLevel: 'warn', build: { emptyOutDir: false } });
  await buildLibrary();
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
