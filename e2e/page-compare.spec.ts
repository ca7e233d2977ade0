import { expect, test } from '@playwright/test';
import { expectAccessibleInBoth, VitrinePage } from './page-support.ts';

test('a second model reads the same text and writes on from the same words', async ({ page }) => {
  const vitrine = new VitrinePage(page);
  await vitrine.opened();
  const written = await vitrine.value();
  await vitrine.panel('Compare');
  const panel = page.getByTestId('second');
  await panel.getByRole('button', { name: 'int8', exact: true }).click();
  const totals = panel.getByRole('table', { name: /Mean surprise over \d+ tokens/ });
  await expect(totals.getByRole('row')).toHaveCount(3);
  await expect(totals.getByRole('rowheader', { name: 'tiny-tales, f32' })).toBeVisible();
  await expect(totals.getByRole('rowheader', { name: 'tiny-tales, int8' })).toBeVisible();
  // Rounding to 8 bits moves the probabilities a little.
  const [f32 = 0, int8 = 0] = await totals
    .getByRole('cell')
    .evaluateAll((cells) => [cells[0], cells[2]].map((cell) => Number(cell?.textContent)));
  expect(f32).toBeGreaterThan(0);
  expect(Math.abs(f32 - int8)).toBeLessThan(0.5);
  await expectAccessibleInBoth(page);
  await panel.getByRole('button', { name: 'Write with both' }).click();
  await expect(panel.getByText('Keep this as a version')).toBeVisible();
  await vitrine.ready();
  expect((await vitrine.value()).startsWith(written)).toBe(true);
  const second = await panel.getByTestId('second-text').textContent();
  expect(second?.length).toBeGreaterThan(20);
  await panel.getByText('Keep this as a version').click();
  await expect(vitrine.text).toHaveValue(written + second);
  await panel.getByRole('button', { name: 'Remove' }).click();
  await expect(panel.getByText('Load a second model beside the first.')).toBeVisible();
});
