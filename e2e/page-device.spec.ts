import { expect, test } from '@playwright/test';
import { expectAccessible, VitrinePage } from './page-support.ts';

test('the device panel names the adapter, its limits, memory and speeds, and the self check passes', {
  tag: '@gpu',
}, async ({ page }) => {
  test.setTimeout(300_000);
  const vitrine = new VitrinePage(page);
  await vitrine.opened('?prompt=SECRETWORD+in+the+text&seed=2&max-new-tokens=16');
  const dialog = await vitrine.dialog('Device');
  await expect(dialog.getByText('CPU, through WebGPU’s software adapter')).toBeVisible();
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
