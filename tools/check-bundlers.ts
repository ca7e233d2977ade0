import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import { startStaticServer } from '../e2e/support/static-server.ts';
import { browserArgs, findBrowser } from './browser.ts';

/**
 * The README's library example, built by bundlers of others and run in a browser, with a graphics adapter and without:
 * the second fetches parts of the library that only the worker asks for. Needs `npm run build` before, and npm's registry.
 */
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const example = /```js\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8'))?.[1];

/** What is used of webpack, which is installed for the check alone. */
interface WebpackStats {
  hasErrors(): boolean;
  hasWarnings(): boolean;
  toString(options: object): string;
}
type Webpack = (options: object) => {
  run(done: (error: Error | null, stats: WebpackStats) => void): void;
};

function install(project: string): void {
  if (example === undefined) throw new Error('README.md has no example in JavaScript.');
  const npm = (args: string[], cwd: string) => execFileSync('npm', args, { cwd, encoding: 'utf8' });
  const packed = npm(['pack', '--silent', '--ignore-scripts', '--pack-destination', project], root);
  writeFileSync(join(project, 'package.json'), '{ "name": "empty", "private": true, "type": "module" }');
  const file = join(project, packed.trim().split('\n').at(-1) ?? '');
  npm(['install', '--no-audit', '--no-fund', '--ignore-scripts', file, 'webpack@5'], project);
  writeFileSync(join(project, 'main.js'), example);
}

function buildWithVite(project: string, out: string): void {
  writeFileSync(join(project, 'index.html'), '<!doctype html><script type="module" src="/main.js"></script>');
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  const args = [vite, 'build', '--target', 'es2022', '--outDir', out];
  execFileSync(process.execPath, args, { cwd: project, stdio: 'pipe' });
}

async function buildWithWebpack(project: string, out: string): Promise<void> {
  const webpack: Webpack = createRequire(join(project, 'package.json'))('webpack');
  const compiler = webpack({
    mode: 'production',
    context: project,
    entry: './main.js',
    output: { path: out, filename: 'main.js' },
    // Its hint is for sites that load everything at once.
    performance: { hints: false },
  });
  const stats = await new Promise<WebpackStats>((resolve, reject) =>
    compiler.run((error, result) => (error ? reject(error) : resolve(result))),
  );
  if (stats.hasErrors() || stats.hasWarnings())
    throw new Error(stats.toString({ all: false, errors: true, warnings: true }));
  writeFileSync(join(out, 'index.html'), '<!doctype html><body><script src="main.js"></script></body>');
}

/** The text the built page writes; what goes wrong in it ends the wait. */
async function written(out: string, args: string[]): Promise<string> {
  const site = await startStaticServer({ mounts: { '/': out } });
  const browser = await chromium.launch({ executablePath: findBrowser(), args });
  try {
    const page = await browser.newPage();
    const failed = new Promise<never>((_, reject) => page.on('pageerror', reject));
    failed.catch(() => {});
    await page.goto(site.origin);
    const long = page.waitForFunction(
      () => (document.body.textContent ?? '').split(' ').length > 12,
      undefined,
      {
        timeout: 90_000,
      },
    );
    await Promise.race([long, failed]);
    return ((await page.textContent('body')) ?? '').trim();
  } finally {
    await browser.close();
    await site.close();
  }
}

const bundlers = { vite: buildWithVite, webpack: buildWithWebpack };
const adapters = { 'with an adapter': browserArgs, 'without one': ['--no-sandbox'] };

async function main() {
  const project = mkdtempSync(join(tmpdir(), 'vitrine-bundlers-'));
  try {
    install(project);
    for (const [name, build] of Object.entries(bundlers)) {
      const out = join(project, `out-${name}`);
      mkdirSync(out);
      await build(project, out);
      cpSync(join(project, 'node_modules/vitrine/dist/models'), join(out, 'models'), { recursive: true });
      console.log(
        `${name}: ${readdirSync(out, { recursive: true, encoding: 'utf8' })
          .filter((file) => /\.m?js$/.test(file))
          .join(' ')}`,
      );
      for (const [adapter, args] of Object.entries(adapters))
        console.log(`  ${adapter}: ${JSON.stringify(await written(out, args))}`);
    }
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

await main();
