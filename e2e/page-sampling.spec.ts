import { expect, test } from '@playwright/test';
import { expectAccessibleInBoth, VitrinePage } from './page-support.ts';

test('the panel shows what each setting removes', async ({ page }) => {
  const vitrine = new VitrinePage(page);
  await vitrine.opened();
  const next = page.getByTestId('next');
  await expect(next.getByRole('row')).toHaveCount(11);
  await page.getByRole('button', { name: 'No filtering' }).click();
  await expect(next).toContainText('nothing is removed');
  await expect(next.getByText('removed', { exact: true })).toHaveCount(0);
  await page.getByLabel('Top-k, exact').fill('3');
  await expect(next).toContainText('top-k: 3 left');
  await expect(next.getByText('removed', { exact: true })).toHaveCount(7);
  await page.getByRole('button', { name: 'Greedy' }).click();
  await expect(next).toContainText('100 %');
  await expect(next.getByText('removed', { exact: true })).toHaveCount(9);
});

test('a token that is banned is not written', async ({ page }) => {
  const vitrine = new VitrinePage(page);
  await vitrine.opened('?prompt=Once+upon+a+time&temperature=0&max-new-tokens=1');
  const first = await vitrine.value();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(vitrine.text).toHaveValue('Once upon a time');
  const ban = page.getByTestId('next').getByRole('button', { name: /^Ban/ });
  // The list of the longer text stays until this one is calculated.
  const word = first.slice('Once upon a time'.length).replace(' ', '·');
  await expect(ban.first()).toHaveAccessibleName(`Ban ${word}`);
  await ban.first().click();
  await vitrine.write.click();
  await expect(vitrine.text).not.toHaveValue('Once upon a time');
  await vitrine.ready();
  expect(await vitrine.value()).not.toBe(first);
  await page.getByRole('button', { name: /^Allow again/ }).click();
  await expect(page.getByRole('heading', { name: 'Banned tokens' })).toHaveCount(0);
});

test('several continuations side by side, and one is kept', async ({ page }) => {
  const vitrine = new VitrinePage(page);
  await vitrine.opened();
  const beginning = await vitrine.value();
  await page.getByLabel('Side by side').fill('3');
  await vitrine.write.click();
  const columns = page.getByTestId('continuation');
  await expect(columns).toHaveCount(3);
  await vitrine.ready();
  await expectAccessibleInBoth(page);
  const second = await columns.nth(1).locator('.continuation-text').textContent();
  await page.getByRole('button', { name: 'Keep Continuation 2' }).click();
  await expect(vitrine.text).toHaveValue(beginning + second);
});
