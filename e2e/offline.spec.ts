import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { VitrinePage } from './page-support.ts';
import { dist } from './support/sites.ts';
import { startStaticServer } from './support/static-server.mjs';

test('after one visit everything starts without a network', async ({ page, context }) => {
  const site = await startStaticServer({ mounts: { '/sub/': dist } });
  const home = `${site.origin}/sub/`;
  const vitrine = new VitrinePage(page);
  await page.goto(`${home}?prompt=The+old+king&seed=5&max-new-tokens=8`);
  await vitrine.ready();
  const text = await vitrine.value();
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.close();
  // The host is gone for good: nothing answers any more.
  await site.close();

  const later = await context.newPage();
  await later.goto(`${home}?prompt=The+old+king&seed=5&max-new-tokens=8`);
  const again = new VitrinePage(later);
  await again.ready();
  expect(await again.value()).toBe(text);

  await later.goto(`${home}embed.html?prompt=The+old+king&seed=5&max-new-tokens=8&autoload=now`);
  await expect(later.getByRole('status')).toHaveText(/8 tokens/, { timeout: 60_000 });
});

test('the service worker holds the ranks and no model', () => {
  const worker = readFileSync(join(dist, 'sw.js'), 'utf8');
  expect(worker).toMatch(/r50k_base-[^"]+\.js/);
  expect(worker).toMatch(/embed\.html/);
  expect(worker).not.toMatch(/models\/|safetensors|bench\.html/);
});
