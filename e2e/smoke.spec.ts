import { chromium, expect, test } from '@playwright/test';
import { findHeadlessBrowser } from '../tools/browser.ts';
import { VitrinePage } from './page-support.ts';
import { sitePort, subPath } from './support/sites.ts';

test('writes with the bundled model and asks nothing of any other host', { tag: '@gpu' }, async ({
  page,
}) => {
  const elsewhere: string[] = [];
  await page.context().route(
    (url) => url.host !== `localhost:${sitePort}`,
    (route) => {
      elsewhere.push(route.request().url());
      return route.abort();
    },
  );
  const vitrine = new VitrinePage(page);
  await vitrine.open('?prompt=Once+upon+a+time&seed=3&max-new-tokens=16');
  await vitrine.ready();
  expect((await vitrine.value()).length).toBeGreaterThan('Once upon a time'.length + 20);
  expect(elsewhere).toEqual([]);
});

test('works below any path', async ({ page }) => {
  const missing: string[] = [];
  page.on('response', (response) => {
    if (response.status() >= 400) missing.push(response.url());
  });
  await page.goto(`${subPath}index.html?prompt=The+cat&seed=3&max-new-tokens=8`);
  const vitrine = new VitrinePage(page);
  await vitrine.ready();
  expect((await vitrine.value()).length).toBeGreaterThan('The cat'.length + 5);
  expect(missing).toEqual([]);
});

test('writes on the CPU where there is no adapter', async ({ baseURL }) => {
  // Without the flags headless Chromium has the API and no adapter.
  const browser = await chromium.launch({ executablePath: findHeadlessBrowser(), args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage({ baseURL });
    await page.goto('./');
    await new VitrinePage(page).ready();
    await expect(page.getByTestId('notice')).toContainText('Running on the CPU');
  } finally {
    await browser.close();
  }
});
