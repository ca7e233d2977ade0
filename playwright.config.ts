import { defineConfig } from '@playwright/test';
import { sitePort } from './e2e/support/sites.ts';
import { cpuBrowserArgs, findHeadlessBrowser, testBrowserArgs } from './tools/browser.ts';

/** Tag of tests that need a GPU. All others run without one, where the site calculates on the CPU. */
const needsGpu = /@gpu/;
const executablePath = findHeadlessBrowser();

/** End-to-end tests on the built site: `npm run build` comes before. */
export default defineConfig({
  testDir: 'e2e',
  testMatch: '**/*.spec.ts',
  timeout: 120_000,
  expect: { timeout: 30_000 },
  retries: 0,
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  reporter: 'list',
  outputDir: 'test-results',
  use: {
    baseURL: `http://localhost:${sitePort}/`,
    browserName: 'chromium',
    headless: true,
    // A service worker fetches the whole site for each new visitor. Tests that are about it allow it.
    serviceWorkers: 'block',
  },
  projects: [
    { name: 'cpu', grepInvert: needsGpu, use: { launchOptions: { executablePath, args: cpuBrowserArgs } } },
    { name: 'gpu', grep: needsGpu, use: { launchOptions: { executablePath, args: testBrowserArgs } } },
  ],
  webServer: {
    command: `npx tsx e2e/support/serve.ts ${sitePort}`,
    url: `http://localhost:${sitePort}/index.html`,
    reuseExistingServer: false,
    timeout: 30_000,
  },
});
