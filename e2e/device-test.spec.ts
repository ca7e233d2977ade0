import { expect, type Page, test } from '@playwright/test';
import { expectAccessible } from './page-support.ts';

const url = '/device.html?only=activation&only=:+F16+vectors';

async function run(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Start the test' }).click();
  await expect(page.getByTestId('verdict')).toHaveAttribute('data-phase', 'done', { timeout: 90_000 });
}

test('the device test runs kernels, shows their errors and gives a report', { tag: '@gpu' }, async ({
  page,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto(url);
  await run(page);
  await expect(page.getByTestId('verdict')).toHaveText('Passed: 7 passed, 0 failed, 0 not supported');
  const activation = page.locator('details', { hasText: 'activation' });
  await activation.locator('summary').click();
  await expect(activation.getByRole('row')).toHaveCount(7);
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Copy report' }).click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toContain('7 passed, 0 failed, 0 not supported');
  expect(copied).toMatch(/\| activation \| 6 \| 0 \| 0 \|/);
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download JSON' }).click();
  expect((await download).suggestedFilename()).toMatch(/^vitrine-device-test-.*\.json$/);
});

test('a kernel that does not compile and a lost device are one failed check each', { tag: '@gpu' }, async ({
  page,
}) => {
  await page.addInitScript(() => {
    const { createShaderModule, createBuffer } = GPUDevice.prototype;
    GPUDevice.prototype.createShaderModule = function (descriptor) {
      const broken = descriptor.label === 'silu' ? 'not WGSL' : descriptor.code;
      return createShaderModule.call(this, { ...descriptor, code: broken });
    };
    GPUDevice.prototype.createBuffer = function (descriptor) {
      // The second check of the page's vectors is in the middle of its work when its device goes away.
      if (descriptor.label === 'params') this.destroy();
      return createBuffer.call(this, descriptor);
    };
  });
  await page.goto(url);
  await run(page);
  await expect(page.getByTestId('verdict')).toHaveText('Failed: 5 passed, 2 failed, 0 not supported');
  await expect(page.getByText('could not compile the kernel silu')).toBeVisible();
  await expectAccessible(page);
});

test('without WebGPU the page says so and checks the CPU engine', async ({ page }) => {
  await page.addInitScript(() => Object.defineProperty(navigator, 'gpu', { value: undefined }));
  await page.goto('/device.html');
  await run(page);
  await expect(page.getByTestId('verdict')).toHaveText('Passed: 1 passed, 0 failed, 1 not supported');
  await expect(page.getByText(/^WebGPU is not available/)).toBeVisible();
});
