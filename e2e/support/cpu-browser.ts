import { findBrowser } from '../../tools/browser.ts';

/** A Chromium without WebGPU, for tests that are not about the GPU: the page writes on the CPU at once. */
export const cpuBrowser = {
  launchOptions: {
    executablePath: findBrowser(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-features=WebGPU'],
  },
};
