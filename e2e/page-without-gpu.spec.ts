import { expect, test } from '@playwright/test';
import { findHeadlessBrowser } from '../tools/browser.ts';
import { expectAccessibleInBoth, VitrinePage } from './page-support.ts';

// A browser of its own: one that finds no adapter.
test.use({
  launchOptions: {
    executablePath: findHeadlessBrowser(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-features=WebGPU'],
  },
});

test('where WebGPU is missing the page writes by itself on the CPU, and says so in one line', async ({
  page,
}) => {
  await page.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, 'gpu'));
  const vitrine = new VitrinePage(page);
  await vitrine.open('?prompt=Once&seed=2&max-new-tokens=12');
  await vitrine.ready();
  await expect(vitrine.text).toHaveValue(/^Once.+/s);
  await expect(page.getByTestId('notice')).toContainText('Running on the CPU: this browser has no WebGPU');
  await expect(vitrine.error).toHaveCount(0);
  await expectAccessibleInBoth(page);
  await page.getByTestId('notice').getByRole('button', { name: 'Details' }).click();
  await expect(page.getByRole('dialog')).toContainText('Firefox');
  await expect(page.getByRole('dialog')).toContainText('CPU, without WebGPU');
  await expectAccessibleInBoth(page);
});

test('the same where WebGPU has no adapter', async ({ page }) => {
  await page.addInitScript(() => {
    const gpu = { requestAdapter: async () => null };
    Object.defineProperty(navigator, 'gpu', { configurable: true, value: gpu });
  });
  const vitrine = new VitrinePage(page);
  await vitrine.open('?prompt=Once&seed=2&max-new-tokens=12');
  await vitrine.ready();
  await expect(vitrine.text).toHaveValue(/^Once.+/s);
  await expect(page.getByTestId('notice')).toContainText('WebGPU finds no graphics adapter');
});
