import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Flags that give headless Chromium a software WebGPU adapter on a machine without a GPU. */
export const browserArgs = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--no-sandbox',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const installed = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

function onPath(name) {
  const found = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' });
  return found.status === 0 ? found.stdout.trim() : undefined;
}

const macPaths = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/**
 * The browser of the tests, first that exists: $CHROMIUM_PATH, an installed Chrome or Chromium.
 * Undefined means Playwright's own.
 */
export function findBrowser() {
  const named = process.env.CHROMIUM_PATH;
  if (named) {
    if (!existsSync(named)) throw new Error(`CHROMIUM_PATH names ${named}, which does not exist.`);
    return named;
  }
  for (const name of installed) {
    const path = onPath(name);
    if (path) return path;
  }
  return macPaths.find((path) => existsSync(path));
}

async function playwrightHasBrowser() {
  const { chromium } = await import('playwright');
  return existsSync(chromium.executablePath());
}

/** Installs a browser when the machine has none, and says so. */
export async function ensureBrowser() {
  if (findBrowser() || (await playwrightHasBrowser())) return;
  const debianRoot = existsSync('/etc/debian_version') && process.getuid?.() === 0;
  if (debianRoot) {
    console.log('No browser found: installing Chromium with apt-get.');
    execFileSync('apt-get', ['update', '-qq'], { stdio: 'inherit' });
    execFileSync('apt-get', ['install', '-y', '-qq', 'chromium'], { stdio: 'inherit' });
    return;
  }
  console.log('No browser found: installing Chromium with Playwright.');
  execFileSync('npx', ['playwright', 'install', 'chromium'], { stdio: 'inherit' });
}
