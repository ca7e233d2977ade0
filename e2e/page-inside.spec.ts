import { readFile } from 'node:fs/promises';
import { expect, type Page, test } from '@playwright/test';
import { expectAccessible, expectAccessibleInBoth, VitrinePage } from './page-support.ts';
import { followPageThread } from './support/page-thread.ts';

/** The head that copies what followed the same word before: with it the model would write “hat” again. */
const text = 'She had a blue hat. One day she lost her blue';
const copying = 'Head 5.1';

async function open(page: Page): Promise<VitrinePage> {
  const vitrine = new VitrinePage(page);
  await vitrine.opened(`?prompt=${encodeURIComponent('She')}&seed=7&max-new-tokens=1`);
  await vitrine.text.fill(text);
  await vitrine.panel('Inside');
  return vitrine;
}

const tab = (page: Page, name: string) =>
  page.getByRole('tablist', { name: 'Views of the inside' }).getByRole('tab', { name });

/** The probability of a token in the odds, before and after, in percent. */
async function oddsOf(page: Page, token: string): Promise<number[]> {
  const row = page.getByTestId('odds').getByRole('row').filter({ hasText: token });
  const figures = row.locator('.choice-number');
  await expect(figures.last()).toContainText('%');
  return (await figures.allTextContents()).map(Number.parseFloat);
}

test('attention and the lens: heads, tokens and layers by pointer and by keyboard', async ({ page }) => {
  await open(page);
  await page.getByRole('button', { name: copying }).click();
  const words = page.getByRole('listbox', { name: /choose the token/ });
  await expect(page.getByText('Head 5.1 looks from ·blue at:')).toBeVisible();
  await expect(page.locator('.looked-at tr').first()).toContainText('·hat');
  await words.press('ArrowLeft');
  await expect(page.getByText('Head 5.1 looks from ·her at:')).toBeVisible();
  await page.getByRole('button', { name: 'random tokens twice' }).click();
  await expectAccessibleInBoth(page);

  await tab(page, 'Attention').press('ArrowRight');
  await expect(tab(page, 'Lens')).toBeFocused();
  const map = page.getByRole('application', { name: /Likeliest next token/ });
  await map.press('End');
  await expect(page.locator('.lens-best')).toContainText('after 5, token 12');
  await expect(page.locator('.lens-best').getByRole('row')).toHaveCount(5);
  await map.press('ArrowUp');
  await expect(page.locator('.lens-best')).toContainText('after 4, token 12');
  await expectAccessible(page);
});

test('a head switched off changes the odds and the text, and a link replays both', async ({ page }) => {
  const vitrine = await open(page);
  await tab(page, 'Switch off').click();
  await page.getByLabel('Target').fill('hat');
  await page.getByRole('button', { name: 'Switch off each in turn' }).click();
  await expect(page.getByRole('button', { name: /^Head 5\.1, −\d\.\d\d when off$/ })).toBeVisible();
  await page.getByRole('button', { name: copying }).click();
  await expect(page.getByText('1 part is off.')).toBeVisible();
  const [before = 0, after = 0] = await oddsOf(page, '·hat');
  expect(after).toBeLessThan(before / 2);
  await expectAccessible(page);

  const table = page.waitForEvent('download');
  await page.getByRole('button', { name: 'CSV' }).click();
  expect(await readFile(await (await table).path(), 'utf8')).toMatch(/^part,effect\r\n0\.0,/);
  const picture = page.waitForEvent('download');
  await page.getByRole('button', { name: 'PNG' }).click();
  expect((await readFile(await (await picture).path())).subarray(1, 4).toString()).toBe('PNG');

  await page.getByRole('button', { name: 'Write on with this change' }).click();
  await vitrine.ready();
  const written = await vitrine.value();
  const dialog = await vitrine.dialog('Share');
  await page.goto(await dialog.getByTestId('link').inputValue());
  await vitrine.ready();
  await expect(vitrine.text).toHaveValue(written);
  await expect(page.getByRole('button', { name: /^Head 5\.1.*, off$/ })).toBeVisible();
});

test('two texts are compared, and a token’s logit is divided among parts', async ({ page }) => {
  const vitrine = await open(page);
  await tab(page, 'Patch').click();
  await page.getByRole('button', { name: 'Copy this text there' }).click();
  const other = page.getByRole('textbox', { name: 'The other text' });
  await other.fill('She had a blue and a red coat.');
  await expect(page.getByText(/Make them equally long/)).toBeVisible();
  await other.fill(text.replace('hat', 'coat'));
  await page.getByLabel('Target').fill('coat');
  await page.getByLabel('Foil').fill('hat');
  await page.getByRole('button', { name: 'Patch each cell' }).click();
  const map = page.getByRole('application', { name: /How much of the other answer/ });
  for (const key of ['ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowRight']) await map.press(key);
  const cell = page.getByText(/^Layer 0, ·hat ← ·coat: 1\.00$/).first();
  await expect(cell).toBeVisible();
  await expectAccessible(page);

  await vitrine.text.fill(`${text} hat`);
  await expect(page.getByText('The text has changed since.')).toHaveCount(1);
  await expect(page.getByRole('button', { name: 'Calculate again' })).toHaveCount(0);
  await expect(page.getByTestId('odds')).toHaveCount(0);
  await vitrine.text.fill(text);
  await expect(cell).toBeVisible();
  const dialog = await vitrine.dialog('Share');
  await page.goto(await dialog.getByTestId('link').inputValue());
  await vitrine.ready();
  await expect(cell).toBeVisible();
  await expect(page.getByTestId('odds')).toBeVisible();

  await tab(page, 'Attribute').click();
  await expect(page.getByTestId('attribution').getByRole('row').last()).toContainText('All together');
  await expectAccessible(page);
});

test('a direction from two texts is pushed, written with, and saved by name', async ({ page }) => {
  await open(page);
  await tab(page, 'Steer').click();
  await page.getByRole('button', { name: 'Use an example' }).click();
  const [before = 0, after = 0] = await oddsOf(page, '·coat');
  expect(after).toBeLessThan(before);
  await page.getByRole('button', { name: 'Write both, side by side' }).click();
  await expect(page.getByTestId('written-changed')).not.toBeEmpty();
  await page.getByLabel('Name', { exact: true }).fill('princess');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByRole('slider', { name: 'Strength' }).press('Home');
  await page.getByRole('button', { name: 'princess', exact: true }).click();
  await expect(page.getByRole('slider', { name: 'Strength' })).toHaveValue('1.5');
  await expectAccessible(page);
});

test('a whole context of attention and lens never holds the page’s thread for long', async ({ page }) => {
  const vitrine = await open(page);
  await vitrine.panel('Sampling');
  await vitrine.text.fill('The old king had a golden crown. '.repeat(63));
  await expect(page.getByText(/^50\d \/ 512$/)).toBeVisible();
  const work = await followPageThread(page);
  await vitrine.panel('Inside');
  await page.getByRole('button', { name: copying }).click({ timeout: 60_000 });
  const words = page.getByRole('listbox', { name: /choose the token/ });
  for (const key of ['Home', 'End', 'ArrowLeft', 'ArrowLeft']) await words.press(key);
  await tab(page, 'Lens').click();
  const map = page.getByRole('application', { name: /Likeliest next token/ });
  for (const key of ['Home', 'End', 'ArrowUp']) await map.press(key);
  await expect(page.locator('.lens-best')).toContainText(/after 4, token 50\d/);
  const { longest } = await work();
  expect(longest).toBeGreaterThan(0);
  expect(longest).toBeLessThan(100);
});

test('attention is there while the text is written, and on the words of the sheet', async ({ page }) => {
  const vitrine = new VitrinePage(page);
  await vitrine.open('?prompt=She&seed=7&max-new-tokens=400');
  await expect(page.locator('[data-testid=status][data-phase=generating]')).toBeVisible({ timeout: 60_000 });
  await vitrine.panel('Inside');
  const words = page.getByRole('listbox', { name: /choose the token/ });
  await expect(words).toBeVisible();
  await vitrine.ready();
  // A text this long waits for a press when it is finished: what is shown is what was seen on the way.
  const seen = (await words.textContent()) ?? '';
  const whole = await vitrine.value();
  expect(whole.startsWith(seen)).toBe(true);
  expect(seen.length).toBeLessThan(whole.length);
  await expect(page.getByText('The text has changed since.')).toBeVisible();

  await vitrine.text.fill(text);
  await expect(words.getByRole('option')).toHaveCount(12);
  await page.getByRole('button', { name: copying }).click();
  await vitrine.caret(text.length - 1);
  await vitrine.text.press('Alt+ArrowDown');
  await expect(page.locator('.token-layer [data-i="4"]')).toHaveAttribute('data-look', '5');
  await page.keyboard.press('Escape');
  await vitrine.caret(text.length - 6);
  await vitrine.text.press('Alt+ArrowDown');
  await expect(page.getByText('Head 5.1 looks from ·her at:')).toBeVisible();
  await expectAccessible(page);
});
