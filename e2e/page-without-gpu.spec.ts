import { expect, test } from '@playwright/test';
import { findBrowser } from '../tools/browser.mjs';
import { expectAccessibleInBoth, VitrinePage } from './page-support.ts';

// A browser of its own: one that finds no adapter.
test.use({
  launchOptions: {
    executablePath: findBrowser(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-features=WebGPU'],
  },
});

test('where WebGPU is missing the page says what to do, and writes on the CPU', async ({ page }) => {
  const vitrine = new VitrinePage(page);
  await vitrine.open('?prompt=Once&seed=2&max-new-tokens=4');
  await expect(vitrine.error).toHaveAttribute('data-code', 'webgpu-unavailable', { timeout: 30_000 });
  await expect(vitrine.error).toContainText('Firefox');
  await expectAccessibleInBoth(page);
  await page.getByRole('button', { name: 'Write without a GPU' }).click();
  await vitrine.ready();
  await vitrine.write.click();
  await expect(vitrine.text).toHaveValue(/^Once.+/s, { timeout: 60_000 });
});
