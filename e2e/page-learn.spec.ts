import { expect, test } from '@playwright/test';
import { expectAccessible, VitrinePage } from './page-support.ts';

test('one step draws one token, and shows what it was drawn from', async ({ page }) => {
  const vitrine = new VitrinePage(page);
  await vitrine.opened();
  const before = await vitrine.value();
  await expect(page.locator('.next-table [data-drawn]')).toHaveCount(0);
  await expect(page.getByTestId('next').getByRole('row')).toHaveCount(11);
  await page.getByTestId('step').click();
  await expect(page.locator('.next-table [data-drawn]')).toHaveCount(1);
  const drawn = (await page.locator('.next-table [data-drawn] .token-text').textContent()) ?? '';
  await expect(page.getByTestId('drawn')).toContainText(drawn);
  expect((await vitrine.value()).length).toBeGreaterThan(before.length);
  // Then the next distribution takes its place.
  await expect(page.locator('.next-table [data-drawn]')).toHaveCount(0);
});

test('the guide leads through the page’s own controls, by keyboard as well', async ({ page }) => {
  const vitrine = new VitrinePage(page);
  await vitrine.opened();
  await page.getByRole('button', { name: 'How it works' }).click();
  const guide = page.getByTestId('guide');
  await expect(guide).toBeFocused();
  await guide.getByRole('button', { name: 'Show the tokens' }).click();
  await expect(page.getByTestId('chips').getByRole('listitem').first()).toContainText(/\d/);
  await expectAccessible(page);
  const next = guide.getByRole('button', { name: 'Next', exact: true });
  for (const title of ['Probabilities', 'The draw']) {
    await next.press('Enter');
    await expect(guide.getByRole('heading')).toContainText(title);
  }
  const chips = await page.getByTestId('chips').getByRole('listitem').count();
  await guide.getByRole('button', { name: 'Draw the next token' }).click();
  await expect(page.getByTestId('chips').getByRole('listitem')).toHaveCount(chips + 1);
  await next.click();
  await guide.getByRole('button', { name: 'Set temperature to 1.5' }).click();
  await expect(page.getByRole('slider', { name: 'Temperature' })).toHaveValue('1.5');
  await next.click();
  await guide.getByRole('button', { name: 'Show what else was likely' }).click();
  await expect(page.getByTestId('alternatives')).toBeVisible();
  await page.keyboard.press('Escape');
  await next.click();
  await guide.getByRole('button', { name: 'Look inside' }).click();
  await expect(page.getByRole('heading', { name: 'All heads' })).toBeVisible();
  await guide.getByRole('button', { name: 'Done' }).click();
  await expect(guide).toHaveCount(0);
});

test('an empty sheet offers beginnings, and terms explain themselves', async ({ page }) => {
  const vitrine = new VitrinePage(page);
  await vitrine.opened();
  await page.getByRole('button', { name: 'What is perplexity?' }).click();
  await expect(page.getByText('Lower means better predicted.')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByText('Lower means better predicted.')).toBeHidden();
  await page.getByRole('button', { name: 'New', exact: true }).click();
  await page.getByRole('button', { name: 'In a dark forest there lived' }).click();
  await vitrine.ready();
  expect(await vitrine.value()).toMatch(/^In a dark forest there lived.{5}/s);
});

test('for a room everything grows, and the next token stays alone beside the text', async ({ page }) => {
  const vitrine = new VitrinePage(page);
  await vitrine.opened();
  const size = () => vitrine.text.evaluate((field) => Number.parseFloat(getComputedStyle(field).fontSize));
  const before = await size();
  await page.getByRole('tab', { name: 'Inside' }).click();
  await page.getByRole('button', { name: 'Present' }).click();
  expect(await size()).toBeGreaterThan(before * 1.3);
  await expect(page.getByRole('slider', { name: 'Temperature' })).toBeHidden();
  await expect(page.getByTestId('next').getByRole('row')).toHaveCount(11);
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Present' }).click();
  expect(await size()).toBe(before);
  await expect(page.getByRole('slider', { name: 'Temperature' })).toBeVisible();
});
