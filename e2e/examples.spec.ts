import { expect, test } from '@playwright/test';
import { root } from './support/sites.ts';
import { type StaticServer, startStaticServer } from './support/static-server.mjs';

let server: StaticServer;

test.beforeAll(async () => {
  server = await startStaticServer({ mounts: { '/': root } });
});

test.afterAll(() => server.close());

test('the element in a plain page', async ({ page }) => {
  await page.goto(`${server.origin}/examples/embed.html`);
  await page.getByRole('button', { name: 'Run' }).click();
  await expect(page.locator('#said')).toHaveText(/\d+ tokens came/, { timeout: 60_000 });
});

test('perplexity of a text', async ({ page }) => {
  await page.goto(`${server.origin}/examples/perplexity.html`);
  await page.getByRole('button', { name: 'Measure' }).click();
  await expect(page.locator('output')).toHaveText(/Perplexity \d+\.\d over \d+ tokens/, { timeout: 60_000 });
});

test('token tree', async ({ page }) => {
  await page.goto(`${server.origin}/examples/token-tree.html`);
  await expect(page.locator('ul ul ul li')).toHaveCount(27, { timeout: 60_000 });
});
