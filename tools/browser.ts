import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findProgram, onPath } from './programs.ts';

const plainArgs = [
  '--no-sandbox',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Flags that give headless Chromium a software WebGPU adapter on a machine without a GPU. */
export const browserArgs = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', ...plainArgs];

/**
 * The same for tests. Memory of a workgroup is zeroed by a loop, as on most drivers: the initial value that Dawn gives it on
 * Vulkan otherwise is a store a word to SwiftShader, which compiles a kernel of 14 kB of such memory four times as long.
 */
export const testBrowserArgs = [
  ...browserArgs,
  '--disable-dawn-features=use_vulkan_zero_initialize_workgroup_memory_extension',
];

/**
 * Flags of a Chromium that has WebGPU but finds no adapter. The site then runs on the CPU, which spares the tests
 * that are not about the GPU the seconds in which a software adapter compiles kernels.
 */
export const cpuBrowserArgs = ['--disable-gpu', ...plainArgs];

const installed = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

const macPaths = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/**
 * The Chromium of the tests, first that exists: $CHROMIUM_PATH, an installed Chrome or Chromium.
 * Undefined means Playwright's own.
 */
export function findBrowser(): string | undefined {
  return findProgram('CHROMIUM_PATH', installed, macPaths);
}

/**
 * The browser of tests that need nothing of Chromium's own windows: its headless shell, which spends a third less on
 * every page, else {@link findBrowser}'s. Undefined means Playwright's own.
 */
export function findHeadlessBrowser(): string | undefined {
  const shell = process.env.CHROMIUM_PATH ? undefined : onPath('chromium-headless-shell');
  return shell ?? findBrowser();
}

/** Whether Playwright has downloaded a Chromium. */
export async function playwrightHasBrowser(): Promise<boolean> {
  const { chromium } = await import('playwright');
  return existsSync(chromium.executablePath());
}

/** Installs Chromium when the machine has none, and says so. */
export async function ensureBrowser(): Promise<void> {
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
