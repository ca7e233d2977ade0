import { expect, test } from '@playwright/test';
import { VitrinePage } from './page-support.ts';

test('every token is shaded by its probability, pasted ones too', async ({ page }) => {
  const vitrine = new VitrinePage(page);
  await vitrine.opened();
  const shaded = page.locator('.token-layer [data-shade]');
  await expect(shaded.first()).toBeAttached();
  await vitrine.text.fill('The king had three sons, and zebra quantum the youngest was clever.');
  await expect(page.locator('.token-layer [data-shade="5"]').first()).toBeAttached();
  await expect(page.getByTestId('surprisal')).toContainText(/bits per token.*perplexity.*\d/s);
  await page.getByRole('button', { name: 'Shading' }).click();
  await expect(shaded).toHaveCount(0);
});

test('a word’s alternatives open under the mouse, and choosing one branches the text', async ({ page }) => {
  const vitrine = new VitrinePage(page);
  await vitrine.opened();
  const before = await vitrine.value();
  const token = page.locator('.token-layer [data-origin="model"]').nth(6);
  const index = Number(await token.getAttribute('data-i'));
  const box = (await token.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  const choices = page.getByTestId('alternatives').getByRole('button');
  await expect(choices).toHaveCount(10);
  const other = page.locator('[data-testid=alternatives] button:not([aria-current])').first();
  await other.click();
  await expect(page.locator(`.token-layer [data-i="${index}"]`)).toHaveAttribute('data-origin', 'chosen');
  await vitrine.ready();
  await expect(vitrine.text).not.toHaveValue(before);

  await vitrine.panel('Versions');
  const tree = page.getByTestId('tree');
  await expect(tree.getByText('You are here')).toHaveCount(1);
  await tree.getByRole('button', { name: 'Compare' }).first().click();
  await expect(page.getByTestId('compare')).toContainText(`They differ after token ${index}.`);
  await tree.getByRole('button', { name: 'Go here' }).first().click();
  await expect(vitrine.text).toHaveValue(before);
});

test('the same by keyboard: alternatives at the caret, arrows, Enter, and Escape back to the text', async ({
  page,
}) => {
  const vitrine = new VitrinePage(page);
  await vitrine.opened();
  const before = await vitrine.value();
  await vitrine.caret('Once upon a time'.length + 8);
  await page.keyboard.press('Alt+ArrowDown');
  const panel = page.getByTestId('alternatives');
  await expect(panel.getByRole('button').first()).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(panel.getByRole('button').nth(1)).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(panel).toHaveCount(0);
  await expect(vitrine.text).toBeFocused();
  await page.keyboard.press('Alt+ArrowDown');
  await expect(panel.getByRole('button').first()).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(
    page.locator('.token-layer [data-origin=chosen], .token-layer [data-origin=model]').first(),
  ).toBeAttached();
  await vitrine.ready();
  expect((await vitrine.value()).slice(0, 16)).toBe(before.slice(0, 16));
});

test('what comes next can be looked at and chosen at the end of the text', async ({ page }) => {
  const vitrine = new VitrinePage(page);
  await vitrine.opened();
  // At once: what was typed has no tokens yet, and what is known of the next one is about the text before.
  await vitrine.text.fill('There was once a');
  await vitrine.caret(16);
  await page.keyboard.press('Alt+ArrowDown');
  await expect(page.getByTestId('alternatives')).toContainText('What could come next');
  await expect(page.getByTestId('alternatives').getByRole('button').first()).toBeFocused();
  await expect(page.getByTestId('next').getByRole('row')).toHaveCount(11);
  await page.keyboard.press('Enter');
  await vitrine.ready();
  await expect(vitrine.text).toHaveValue(/^There was once a.+/s);
});
