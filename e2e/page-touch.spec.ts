import { expect, test } from '@playwright/test';
import { expectAccessible, VitrinePage } from './page-support.ts';

// None of this is about the GPU.
test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

test('a tap opens a word’s alternatives, which stay, and the keyboard stays down', async ({ page }) => {
  const vitrine = new VitrinePage(page);
  await vitrine.opened();
  const before = await vitrine.value();
  const word = page.locator('.token-layer [data-origin=model]').nth(6);
  const box = (await word.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  const index = Number(await word.getAttribute('data-i'));
  const tap = () => page.touchscreen.tap(box.x + box.width / 2, box.y + box.height / 2);
  await tap();
  const panel = page.getByTestId('alternatives');
  await expect(panel.locator('button.choice')).toHaveCount(10);
  // Longer than the grace that a mouse has.
  await page.waitForTimeout(700);
  await expect(panel).toBeVisible();
  await expect(vitrine.text).not.toBeFocused();
  await expectAccessible(page);

  // Elsewhere closes it.
  await vitrine.status.tap();
  await expect(panel).toHaveCount(0);

  // A second tap on the same word edits there.
  await tap();
  await expect(panel).toBeVisible();
  await tap();
  await expect(panel).toHaveCount(0);
  await expect(vitrine.text).toBeFocused();

  await vitrine.text.blur();
  await tap();
  await panel.locator('button:not([aria-current])').first().tap();
  await expect(page.locator(`.token-layer [data-i="${index}"]`)).toHaveAttribute('data-origin', 'chosen');
  await vitrine.ready();
  expect(await vitrine.value()).not.toBe(before);
});

test('a bar of the surprise plot opens its token; scrolling and a press elsewhere close it', async ({
  page,
}) => {
  const vitrine = new VitrinePage(page);
  await vitrine.opened();
  const panel = page.getByTestId('alternatives');
  const plot = page.getByTestId('surprisal').locator('svg');
  await plot.tap({ position: { x: 30, y: 20 } });
  await expect(panel).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(panel).toHaveCount(0);
  await plot.tap({ position: { x: 30, y: 20 } });
  await expect(panel).toBeVisible();
  await page.getByRole('tab', { name: 'Versions' }).tap();
  await expect(panel).toHaveCount(0);
  await plot.tap({ position: { x: 30, y: 20 } });
  await expect(panel).toBeVisible();
  await page.waitForTimeout(300);
  await page.evaluate(() => scrollBy(0, 200));
  await expect(panel).toHaveCount(0);
});
