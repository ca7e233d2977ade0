import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { expect } from 'vitest';
import {
  type BrowserName,
  browserNames,
  launchBrowser,
  type TestBrowser,
  type TestPage,
} from '../../tools/browsers/index.ts';
import { dist } from '../support/sites.ts';
import { startStaticServer } from '../support/static-server.ts';

/** Long enough for kernels to compile on a software adapter beside other work. */
export const patience = { timeout: 60_000, interval: 100 };

/** axe comes from the site's own origin, as the policy of the page asks of scripts. */
const axeFolder = dirname(createRequire(import.meta.url).resolve('axe-core/axe.min.js'));

/** The browser of this lane, as its project in vitest.config.ts names it. */
export function laneBrowser(): BrowserName {
  const name = browserNames.find((each) => each === process.env.VITRINE_BROWSER);
  if (!name)
    throw new Error(`VITRINE_BROWSER is ${process.env.VITRINE_BROWSER}, not one of ${browserNames}.`);
  return name;
}

/** The built site in a browser of the lane. */
export interface Site {
  readonly browser: TestBrowser;
  readonly origin: string;
  close(): Promise<void>;
}

export async function openSite(): Promise<Site> {
  const server = await startStaticServer({ mounts: { '/': dist, '/axe/': axeFolder } });
  const browser = await launchBrowser(laneBrowser());
  const close = async () => {
    await browser.close();
    await server.close();
  };
  return { browser, origin: server.origin, close };
}

/** The page as a visitor uses it, in any browser. */
export class SitePage {
  constructor(
    readonly page: TestPage,
    readonly origin: string,
  ) {}

  open(path = ''): Promise<void> {
    return this.page.goto(`${this.origin}/${path}`);
  }

  /** Text of the first match of a selector, null if there is none. Fields give their value. */
  text(selector: string): Promise<string | null> {
    return this.page.evaluate((css) => {
      const element = document.querySelector(css);
      return element instanceof HTMLTextAreaElement ? element.value : (element?.textContent ?? null);
    }, selector);
  }

  part(id: string): Promise<string | null> {
    return this.text(`[data-testid="${id}"]`);
  }

  count(selector: string): Promise<number> {
    return this.page.evaluate((css) => document.querySelectorAll(css).length, selector);
  }

  /** Waits until the page neither loads nor writes; an error of the page ends the wait. */
  async ready(): Promise<void> {
    const phase = async () => {
      const error = await this.part('error');
      return error === null ? this.count('[data-testid=status][data-phase=ready]') : `error: ${error}`;
    };
    await expect.poll(phase, patience).not.toBe(0);
    expect(await phase()).toBe(1);
  }

  /** Marks the button or tab with this name; false if it is not there. */
  private mark(name: string): Promise<boolean> {
    return this.page.evaluate((label) => {
      const all = [...document.querySelectorAll('button, [role=tab]')];
      const nameOf = (each: Element) => (each.getAttribute('aria-label') ?? each.textContent ?? '').trim();
      const found = all.find((each) => nameOf(each).startsWith(label));
      found?.setAttribute('data-pushed-by-test', '');
      return found !== undefined;
    }, name);
  }

  /** Clicks the button or tab whose name begins so, once it is there. */
  async push(name: string): Promise<void> {
    await expect.poll(() => this.mark(name), { ...patience, message: `a button “${name}”` }).toBe(true);
    const selector = '[data-pushed-by-test]';
    await this.page.click(selector);
    await this.page.evaluate(
      (css) => document.querySelector(css)?.removeAttribute(css.slice(1, -1)),
      selector,
    );
  }

  /** Rules of accessibility that the page breaks now. */
  async accessibilityViolations(): Promise<string[]> {
    return this.page.evaluate(async (source) => {
      if (!('axe' in window)) {
        const script = document.createElement('script');
        script.src = source;
        await new Promise((resolve, reject) => {
          script.onload = resolve;
          script.onerror = reject;
          document.head.append(script);
        });
      }
      // Colours that are on their way arrive first; what turns for ever is left to turn.
      const ending = document
        .getAnimations()
        .filter(({ effect }) => Number.isFinite(effect?.getComputedTiming().endTime as number));
      await Promise.all(ending.map((each) => each.finished.catch(() => undefined)));
      const { violations } = await (window as unknown as { axe: typeof import('axe-core') }).axe.run({
        resultTypes: ['violations'],
      });
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target).join(' | ')}`);
    }, `${this.origin}/axe/axe.min.js`);
  }
}
