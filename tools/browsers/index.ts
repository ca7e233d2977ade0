import { launchFirefox } from './firefox.ts';
import type { TestBrowser } from './page.ts';
import { launchWebKit } from './webkit.ts';

export { findFirefox, launchFirefox } from './firefox.ts';
export type { TestBrowser, TestPage } from './page.ts';
export { findWebKit, hasDisplay, launchWebKit } from './webkit.ts';

/** Browsers beside Chromium that the tests run: Firefox with WebGPU, Firefox and WebKit without. */
export const browserNames = ['firefox', 'firefox-cpu', 'webkit'] as const;
export type BrowserName = (typeof browserNames)[number];

/** Starts one of them, headless. */
export function launchBrowser(name: BrowserName): Promise<TestBrowser> {
  return name === 'webkit' ? launchWebKit() : launchFirefox({ webgpu: name === 'firefox' });
}
