import puppeteer, { type Page } from 'puppeteer-core';
import { findProgram } from '../programs.ts';
import { findVulkanDriver } from '../vulkan.ts';
import { callText, parseValue, splitKeys, type TestBrowser, type TestPage } from './page.ts';

const macPaths = ['/Applications/Firefox.app/Contents/MacOS/firefox'];

/** Longest that one command to the browser may take: kernels compile for long on a software adapter. */
const commandTimeout = 600_000;

/** Firefox as installed: $FIREFOX_PATH, else `firefox-esr` or `firefox`. */
export function findFirefox(): string | undefined {
  return findProgram('FIREFOX_PATH', ['firefox-esr', 'firefox'], macPaths);
}

function wrap(page: Page): TestPage {
  return {
    goto: async (url) => {
      await page.goto(url);
    },
    reload: async () => {
      await page.reload();
    },
    evaluate: async (run, ...args) => parseValue(await page.evaluate(callText(run, args))),
    click: (selector) => page.click(selector),
    type: (text) => page.keyboard.type(text),
    press: async (keys) => {
      const { modifier, key } = splitKeys(keys);
      if (modifier) await page.keyboard.down(modifier);
      await page.keyboard.press(key);
      if (modifier) await page.keyboard.up(modifier);
    },
    screenshot: () => page.screenshot(),
  };
}

/**
 * Starts headless Firefox over WebDriver BiDi. With `webgpu` it runs on the software driver beside Chromium,
 * or on the system's own; without, `navigator.gpu` is absent.
 * @throws if Firefox is not installed
 */
export async function launchFirefox({ webgpu }: { webgpu: boolean }): Promise<TestBrowser> {
  const executablePath = findFirefox();
  if (!executablePath) throw new Error('Firefox is not installed. Install firefox-esr or set FIREFOX_PATH.');
  const driver = webgpu && process.platform === 'linux' ? await findVulkanDriver() : undefined;
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath,
    headless: true,
    protocolTimeout: commandTimeout,
    env: { ...process.env, ...(driver ? { VK_ICD_FILENAMES: driver } : {}) },
    extraPrefsFirefox: {
      'dom.webgpu.enabled': webgpu,
      'dom.webgpu.workers.enabled': webgpu,
      'gfx.webgpu.ignore-blocklist': webgpu,
    },
  });
  const [first] = await browser.pages();
  const page = first ?? (await browser.newPage());
  return { version: await browser.version(), page: wrap(page), close: () => browser.close() };
}
