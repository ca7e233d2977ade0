import { readFile } from 'node:fs/promises';
import { expect, test } from '@playwright/test';
import { VitrinePage } from './page-support.ts';

test('a link writes the same text again', async ({ page }) => {
  const vitrine = new VitrinePage(page);
  await vitrine.opened(
    '?prompt=An+owl%2C+"wise"+%26+old&seed=21&temperature=1.1&top-p=0.9&max-new-tokens=20',
  );
  const text = await vitrine.value();
  const dialog = await vitrine.dialog('Share');
  const link = await dialog.getByTestId('link').inputValue();
  await page.goto(link);
  await vitrine.ready();
  await expect(vitrine.text).toHaveValue(text);
});

test('the code for a page of one’s own writes the same text again', async ({ page, context }) => {
  const vitrine = new VitrinePage(page);
  await vitrine.opened('?prompt=An+owl%2C+"wise"+%26+old&seed=21&top-p=0.9&max-new-tokens=20');
  const text = await vitrine.value();
  const dialog = await vitrine.dialog('Share');
  const code = await dialog.getByTestId('embed-code').inputValue();
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await dialog.getByRole('button', { name: 'Copy frame' }).click();
  await expect(dialog.getByText('Copied')).toBeVisible();
  const frame = await page.evaluate(() => navigator.clipboard.readText());

  const html = `<!doctype html><title>Blog</title>${code}${frame}`;
  await page.route('**/blog.html', (route) => route.fulfill({ contentType: 'text/html', body: html }));
  await page.goto('./blog.html');
  for (const demo of [page.locator('vitrine-demo'), page.frameLocator('iframe').locator('vitrine-demo')]) {
    await demo.getByRole('button', { name: 'Run' }).click();
    await expect(demo.getByRole('status')).toHaveText(/20 tokens/, { timeout: 60_000 });
    expect(await demo.getByRole('log').textContent()).toBe(text);
  }
});

test('a run is kept as JSON, as a page and as a picture', async ({ page }) => {
  const vitrine = new VitrinePage(page);
  await vitrine.opened();
  const text = await vitrine.value();
  const dialog = await vitrine.dialog('Share');
  const jsonFile = page.waitForEvent('download');
  await dialog.getByRole('button', { name: 'Save as JSON' }).click();
  const run = JSON.parse(await readFile(await (await jsonFile).path(), 'utf8'));
  expect(run).toMatchObject({ text, model: { id: 'tiny-tales' }, settings: { seed: 7 } });
  expect(run.tokens.slice(1).every(({ logprob }: { logprob: unknown }) => typeof logprob === 'number')).toBe(
    true,
  );
  expect(run.ids.length).toBe(run.tokens.length);
  expect(run.adapter.backend).toBe('cpu');
  const htmlFile = page.waitForEvent('download');
  await dialog.getByRole('button', { name: 'Save as a page' }).click();
  expect(await readFile(await (await htmlFile).path(), 'utf8')).toContain('class="model s');

  const imageFile = page.waitForEvent('download');
  await dialog.getByRole('button', { name: 'Save as an image' }).click();
  const image = await readFile(await (await imageFile).path());
  expect(image.subarray(1, 4).toString()).toBe('PNG');
  expect(image.readUInt32BE(16)).toBe(1440);
  // Ink, paper and shades: a picture of nothing would be far smaller.
  expect(image.length).toBeGreaterThan(10_000);
});

test('a reload brings back text, versions and settings', async ({ page }) => {
  const vitrine = new VitrinePage(page);
  await vitrine.opened();
  await page.getByRole('button', { name: 'Bold' }).click();
  const before = await vitrine.value();
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(vitrine.text).not.toHaveValue(before);
  await vitrine.ready();
  const text = await vitrine.value();
  await vitrine.saved(text);
  await vitrine.open();
  await vitrine.ready();
  await expect(vitrine.text).toHaveValue(text);
  await expect(page.getByRole('button', { name: 'Bold' })).toHaveAttribute('aria-pressed', 'true');
  await vitrine.panel('Versions');
  await expect(page.getByTestId('tree').getByRole('button', { name: 'Go here' })).toHaveCount(1);
});
