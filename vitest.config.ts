import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { browserArgs, findBrowser } from './tools/browser.ts';
import { browserNames } from './tools/browsers/index.ts';

/**
 * Lanes over the same tree:
 *   unit   *.test.ts in Node, complete without a GPU
 *   gpu    *.gpu.test.ts in a real browser with a WebGPU adapter
 *   dawn   the same *.gpu.test.ts files in Node, on Dawn
 *   firefox, firefox-cpu, webkit   the built site in browsers beside Chromium: Firefox with WebGPU and without,
 *          WebKit without; `npm run build` comes before
 */
const gpuFiles = ['src/**/*.gpu.test.ts', 'test/**/*.gpu.test.ts'];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          environment: 'node',
          include: ['src/**/*.test.ts', 'src/**/*.test.tsx', 'test/**/*.test.ts', 'tools/**/*.test.ts'],
          exclude: [...gpuFiles, 'node_modules'],
          testTimeout: 30_000,
        },
      },
      {
        optimizeDeps: { include: ['fast-check', 'idb-keyval', '@noble/hashes/sha2.js'] },
        test: {
          name: 'gpu',
          include: gpuFiles,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // One page for all files, so that they share a device and the kernels it has compiled.
          isolate: false,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: { executablePath: findBrowser(), args: browserArgs } }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
      {
        test: {
          name: 'dawn',
          environment: 'node',
          include: gpuFiles,
          setupFiles: ['test/setup-dawn.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          pool: 'forks',
          fileParallelism: false,
        },
      },
      ...browserNames.map((name) => ({
        test: {
          name,
          environment: 'node',
          include: ['e2e/browsers/*.test.ts'],
          env: { VITRINE_BROWSER: name },
          testTimeout: 600_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      })),
    ],
  },
});
