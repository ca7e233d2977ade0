import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { findHeadlessBrowser, testBrowserArgs } from './tools/browser.ts';
import { browserNames } from './tools/browsers/index.ts';

/**
 * Lanes over the same tree:
 *   unit   *.test.ts in Node, complete without a GPU; `unit-alone` are those of them that need a process of their own
 *   gpu    *.gpu.test.ts in a real browser with a WebGPU adapter
 *   dawn   the same *.gpu.test.ts files in Node, on Dawn, and *.dawn.test.ts, which are about Node
 *   firefox, firefox-cpu, webkit   the built site in browsers beside Chromium: Firefox with WebGPU and without,
 *          WebKit without; `npm run build` comes before
 */
const gpuFiles = ['src/**/*.gpu.test.ts', 'test/**/*.gpu.test.ts'];
const dawnFiles = 'test/**/*.dawn.test.ts';

/**
 * Unit tests that do not share a process with others: they put a database or a worker into globalThis, or calculate whole
 * models, in loops that the JIT compiles for one kind of matrix.
 */
const aloneFiles = [
  'src/model/reference.test.ts',
  'src/runtime/cpu/*.test.ts',
  'src/weights/cache/*.test.ts',
  'src/weights/{hostile,open,open-torch}.test.ts',
  'src/worker/client.test.ts',
  'test/published-*.test.ts',
];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          environment: 'node',
          include: ['src/**/*.test.ts', 'src/**/*.test.tsx', 'test/**/*.test.ts', 'tools/**/*.test.ts'],
          exclude: [...gpuFiles, ...aloneFiles, dawnFiles, 'node_modules'],
          testTimeout: 30_000,
          // One process for all files, which loads and compiles their common modules once.
          isolate: false,
        },
      },
      {
        test: {
          name: 'unit-alone',
          environment: 'node',
          include: aloneFiles,
          exclude: [...gpuFiles, 'node_modules'],
          testTimeout: 60_000,
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
            provider: playwright({
              launchOptions: { executablePath: findHeadlessBrowser(), args: testBrowserArgs },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
      {
        test: {
          name: 'dawn',
          environment: 'node',
          include: [...gpuFiles, dawnFiles],
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
