import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { type ServedModel, serveBundled, startMs } from '../test/support/served-model.ts';
import { requestsTo } from './support/requests.ts';
import { dist } from './support/sites.ts';
import { type StaticServer, startStaticServer } from './support/static-server.ts';

/** The element against our own server, in a process of its own. */
let served: ServedModel;
let site: StaticServer;
const folder = mkdtempSync(join(tmpdir(), 'vitrine-embed-'));

test.beforeAll(async () => {
  test.setTimeout(startMs);
  site = await startStaticServer({ mounts: { '/': folder, '/vitrine/': dist } });
  served = await serveBundled('--allow-origin', site.origin);
});
test.afterAll(async () => {
  await Promise.all([served?.close(), site?.close()]);
  rmSync(folder, { recursive: true });
});

/** A page with one element on it, and what is asked of the server. */
async function show(page: Page, attributes: string): Promise<string[]> {
  const asked = requestsTo(page, served.baseUrl);
  // A real file: browsers keep a page that is made up here from reaching this machine's servers.
  writeFileSync(
    join(folder, 'index.html'),
    `<!doctype html><title>Host</title><script type="module" src="./vitrine/embed.js"></script>
      <vitrine-demo server="${served.baseUrl}" max-new-tokens="6" seed="7" ${attributes}></vitrine-demo>`,
  );
  await page.goto(site.origin);
  return asked;
}

test('an element with a server sends nothing unless it is allowed to', async ({ page }) => {
  const asked = await show(page, '');
  await expect(page.getByRole('note')).toHaveCount(0);
  await page.getByRole('button', { name: 'Run' }).click();
  await expect(page.getByRole('status')).toContainText('Add allow-remote to allow it');
  expect(asked).toEqual([]);
});

test('an allowed server writes, with a mark, and a chosen word is written on from', async ({ page }) => {
  const asked = await show(page, 'allow-remote');
  await expect(page.getByRole('note')).toContainText(served.baseUrl);
  expect(asked).toEqual([]);
  await page.getByRole('button', { name: 'Run' }).click();
  await expect(page.getByRole('status')).toContainText('6 tokens');
  const log = page.getByRole('log');
  await expect(log).toHaveText(/^Once upon a time.+/);
  await log.press('End');
  await log.press('ArrowLeft');
  await page.getByRole('listitem').nth(1).getByRole('button').click();
  await expect(page.getByRole('status')).toContainText('1 tokens');
  expect(asked).toEqual(['GET /v1/models', 'POST /v1/completions', 'POST /v1/completions']);
  await expect(page.getByRole('note')).toBeVisible();
});

test('the address of a frame cannot name a server', async ({ page }) => {
  const query = new URLSearchParams({ server: served.baseUrl, 'allow-remote': 'true', autoload: 'now' });
  await page.goto(`${site.origin}/vitrine/embed.html?${query}`);
  const demo = page.locator('vitrine-demo');
  await expect(demo).toBeVisible();
  expect(await demo.getAttribute('server')).toBeNull();
  expect(await demo.getAttribute('allow-remote')).toBeNull();
});
