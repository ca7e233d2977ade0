import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Builder, By, Capabilities, Key, type WebDriver } from 'selenium-webdriver';
import { findProgram, onPath } from '../programs.ts';
import { callText, parseValue, splitKeys, type TestBrowser, type TestPage } from './page.ts';

/** WebKitGTK's driver and its small browser. */
export interface WebKitPrograms {
  driver: string;
  browser: string;
}

/** Longest that one script in the page may take. */
const scriptTimeout = 600_000;

/** Debian keeps the browser in the library's folder: /usr/lib/<machine>/webkit2gtk-4.1/MiniBrowser. */
function miniBrowsers(): string[] {
  if (!existsSync('/usr/lib')) return [];
  const machines = readdirSync('/usr/lib').filter((name) => name.includes('-linux-gnu'));
  return machines.flatMap((machine) =>
    ['webkitgtk-6.0', 'webkit2gtk-4.1', 'webkit2gtk-4.0'].map((library) =>
      join('/usr/lib', machine, library, 'MiniBrowser'),
    ),
  );
}

/** WebKitGTK as installed: $WEBKIT_DRIVER_PATH and $MINIBROWSER_PATH, else what Debian installs. */
export function findWebKit(): WebKitPrograms | undefined {
  const driver = findProgram('WEBKIT_DRIVER_PATH', ['WebKitWebDriver']);
  const browser = findProgram('MINIBROWSER_PATH', ['MiniBrowser'], miniBrowsers());
  return driver && browser ? { driver, browser } : undefined;
}

/** Whether a window can be shown: there is a display, or Xvfb to make one. */
export function hasDisplay(): boolean {
  return Boolean(process.env.DISPLAY || onPath('Xvfb'));
}

/** A port that is free now. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject).listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** Starts a virtual display and gives its name, such as `:1`. */
function startDisplay(): Promise<{ display: string; process: ChildProcess }> {
  const args = ['-displayfd', '3', '-screen', '0', '1400x1000x24', '-nolisten', 'tcp'];
  const child = spawn('Xvfb', args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`Xvfb ended with ${code} before it had a display.`)));
    (child.stdio[3] as Readable).once('data', (number) =>
      resolve({ display: `:${String(number).trim()}`, process: child }),
    );
  });
}

async function untilAnswering(url: string, child: ChildProcess): Promise<void> {
  let failed: Error | undefined;
  child.once('error', (error) => {
    failed = error;
  });
  while (!failed && child.exitCode === null) {
    const answer = await fetch(`${url}/status`).catch(() => undefined);
    if (answer) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw failed ?? new Error(`WebKitWebDriver ended with ${child.exitCode}.`);
}

/**
 * A script that waits for the value of an expression and passes it, or its error, to WebDriver. The expression is
 * part of the script, since the page's policy may forbid `eval`.
 */
const awaitScript = (expression: string) => `
  const done = arguments[arguments.length - 1];
  Promise.resolve().then(() => ${expression}).then(
    (value) => done({ value }),
    (error) => done({ error: String(error) }),
  );
`;

/** Codes that WebDriver gives to keys. */
const keyCodes = {
  Alt: Key.ALT,
  Control: Key.CONTROL,
  Shift: Key.SHIFT,
  ArrowDown: Key.ARROW_DOWN,
  End: Key.END,
  Enter: Key.RETURN,
  Escape: Key.ESCAPE,
  Tab: Key.TAB,
};

function wrap(driver: WebDriver): TestPage {
  const evaluate = async (text: string) => {
    const result = await driver.executeAsyncScript<{ value?: unknown; error?: string }>(awaitScript(text));
    if (result.error !== undefined) throw new Error(result.error);
    return result.value;
  };
  return {
    goto: (url) => driver.get(url),
    reload: () => driver.navigate().refresh(),
    evaluate: async (run, ...args) => parseValue(await evaluate(callText(run, args))),
    click: (selector) => driver.findElement(By.css(selector)).click(),
    type: (text) => driver.actions().sendKeys(text).perform(),
    press: (keys) => {
      const { modifier, key } = splitKeys(keys);
      const actions = driver.actions();
      if (!modifier) return actions.sendKeys(keyCodes[key]).perform();
      return actions.keyDown(keyCodes[modifier]).sendKeys(keyCodes[key]).keyUp(keyCodes[modifier]).perform();
    },
    screenshot: async () => Buffer.from(await driver.takeScreenshot(), 'base64'),
  };
}

async function connect(url: string, binary: string): Promise<WebDriver> {
  const capabilities = new Capabilities({
    browserName: 'MiniBrowser',
    'webkitgtk:browserOptions': { binary, args: ['--automation'] },
  });
  const driver = await new Builder().usingServer(url).withCapabilities(capabilities).build();
  await driver.manage().setTimeouts({ script: scriptTimeout, pageLoad: scriptTimeout });
  return driver;
}

/**
 * Starts WebKitGTK's MiniBrowser, on a display of its own where there is none. It has no WebGPU.
 * @throws if WebKitGTK's driver, its browser or a display is missing
 */
export async function launchWebKit(): Promise<TestBrowser> {
  const programs = findWebKit();
  if (!programs || !hasDisplay()) {
    throw new Error('WebKitGTK is not installed. Install webkit2gtk-driver and xvfb.');
  }
  const started: ChildProcess[] = [];
  const stop = () => {
    for (const child of started.reverse()) child.kill();
  };
  try {
    let display = process.env.DISPLAY;
    if (!display) {
      const virtual = await startDisplay();
      started.push(virtual.process);
      display = virtual.display;
    }
    const port = await freePort();
    const env = { ...process.env, DISPLAY: display };
    const server = spawn(programs.driver, [`--port=${port}`], { stdio: 'ignore', env });
    started.push(server);
    const url = `http://127.0.0.1:${port}`;
    await untilAnswering(url, server);
    const driver = await connect(url, programs.browser);
    const version = (await driver.getCapabilities()).getBrowserVersion() ?? 'unknown';
    const close = async () => {
      await driver.quit().finally(stop);
    };
    return { version: `webkitgtk/${version}`, page: wrap(driver), close };
  } catch (error) {
    stop();
    throw error;
  }
}
