import { expect, test } from '@playwright/test';
import { expectAccessible, VitrinePage } from './page-support.ts';

test('the device panel names the adapter, its limits, memory and speeds, and the self check passes', async ({
  page,
}) => {
  const vitrine = new VitrinePage(page);
  await vitrine.opened('?prompt=SECRETWORD+in+the+text&seed=2&max-new-tokens=16');
  const dialog = await vitrine.dialog('Device');
  await expect(dialog.getByText('GPU, through WebGPU')).toBeVisible();
  await dialog.getByText(/^\d+ limits$/).click();
  await expect(dialog.getByText('maxBufferSize')).toBeVisible();
  await expect(dialog.getByText(/tokens\/s$/).first()).toBeVisible();
  await dialog.getByRole('button', { name: 'Check now' }).click();
  await expect(dialog.getByTestId('self-check')).toContainText(/^Passed/, { timeout: 120_000 });
  await dialog.getByRole('button', { name: 'Show' }).click();
  const diagnostics = (await dialog.getByTestId('diagnostics').textContent()) ?? '';
  expect(JSON.parse(diagnostics).adapter.backend).toBe('webgpu');
  expect(diagnostics).not.toContain('SECRETWORD');
  await expectAccessible(page);
});

test('where WebGPU is missing the page says what to do, and writes on the CPU', async ({ page }) => {
  await page.addInitScript(() => Object.defineProperty(navigator, 'gpu', { value: undefined }));
  const vitrine = new VitrinePage(page);
  // Workers have a navigator of their own: the engine must be told the same there.
  await page.route(/\.js(\?|$)/, async (route) => {
    const response = await route.fetch();
    const gone = "Object.defineProperty(navigator, 'gpu', { value: undefined, configurable: true });";
    await route.fulfill({ response, body: `${gone}${await response.text()}` });
  });
  await vitrine.open('?prompt=Once&seed=2&max-new-tokens=4');
  await expect(vitrine.error).toHaveAttribute('data-code', 'webgpu-unavailable', { timeout: 30_000 });
  await expect(vitrine.error).toContainText('Firefox');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Write without a GPU' }).click();
  await vitrine.ready();
  await vitrine.write.click();
  await expect(vitrine.text).toHaveValue(/^Once.+/s, { timeout: 60_000 });
});
