import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, expect, type Page, test } from '@playwright/test';
import { cpuBrowserArgs, findBrowser } from '../tools/browser.ts';
import { dist } from './support/sites.ts';
import { type StaticServer, startStaticServer } from './support/static-server.ts';

/** Frames that may store nothing: the model runs from memory. The blog's host is another site, not only another port. */
let site: StaticServer;
let blog: StaticServer;

test.beforeAll(async () => {
  site = await startStaticServer({ mounts: { '/': dist }, headers: { 'access-control-allow-origin': '*' } });
  const src = `${site.origin}/embed.html?prompt=The+old+king&seed=5&max-new-tokens=6&autoload=now`;
  blog = await startStaticServer({
    pages: {
      '/plain': { html: `<!doctype html><title>Blog</title><iframe src="${src}"></iframe>` },
      '/sandboxed': {
        html: `<!doctype html><title>Blog</title><iframe sandbox="allow-scripts" src="${src}"></iframe>`,
      },
    },
  });
});

test.afterAll(async () => {
  await site.close();
  await blog.close();
});

const blogAt = (path: string) => `http://127.0.0.1:${blog.port}${path}`;

/** What the frame may store: 'works', or the name of the error it gets. */
function storageInFrame(page: Page): Promise<string> {
  const frame = page.frames().find((each) => each.url().startsWith(site.origin));
  if (!frame) throw new Error('The frame is not there.');
  return frame.evaluate(
    () =>
      new Promise<string>((resolve) => {
        try {
          const opening = indexedDB.open('probe');
          opening.onsuccess = () => resolve('works');
          opening.onerror = () => resolve(opening.error?.name ?? 'an error');
        } catch (error) {
          resolve((error as Error).name);
        }
      }),
  );
}

async function expectText(page: Page): Promise<void> {
  const inside = page.frameLocator('iframe');
  await expect(inside.getByRole('status')).toHaveText(/6 tokens/, { timeout: 60_000 });
  await expect(inside.getByRole('log')).toHaveText(/^The old king.+/s);
}

test('a frame in a sandbox, of no origin at all, generates from memory', async ({ page }) => {
  await page.goto(blogAt('/sandboxed'));
  expect(await storageInFrame(page)).not.toBe('works');
  await expectText(page);
});

/** A visitor who lets this site keep nothing where it stands in pages of others. */
async function withoutStorage(profile: string): Promise<BrowserContext> {
  mkdirSync(join(profile, 'Default'), { recursive: true });
  const exceptions = { cookies: { [`${site.origin},*`]: { setting: 2 } } };
  writeFileSync(
    join(profile, 'Default/Preferences'),
    JSON.stringify({
      profile: { cookie_controls_mode: 1, block_third_party_cookies: true, content_settings: { exceptions } },
    }),
  );
  const executablePath = findBrowser();
  return chromium.launchPersistentContext(profile, {
    // The smaller headless browser knows no preferences.
    ...(executablePath ? { executablePath } : { channel: 'chromium' }),
    args: [...cpuBrowserArgs, '--test-third-party-cookie-phaseout'],
    headless: true,
  });
}

test('a frame of another site whose storage is blocked generates from memory', async () => {
  const profile = mkdtempSync(join(tmpdir(), 'vitrine-profile-'));
  const context = await withoutStorage(profile);
  try {
    const page = await context.newPage();
    await page.goto(blogAt('/plain'));
    expect(await storageInFrame(page)).not.toBe('works');
    await expectText(page);
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  }
});
