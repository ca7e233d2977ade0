import { expect, type Page, test } from '@playwright/test';
import { VitrinePage } from './page-support.ts';
import { followPageThread } from './support/page-thread.ts';
import { recordTokens } from './support/replay.ts';

test('on the first visit the bundled model writes at once', async ({ page }) => {
  const vitrine = new VitrinePage(page);
  await vitrine.open();
  await expect(vitrine.text).toHaveValue(/^Once upon a time./, { timeout: 60_000 });
  await vitrine.ready();
  const text = await vitrine.value();
  expect(text.length).toBeGreaterThan(100);
  await expect(vitrine.speed).toHaveText(/\d tok\/s/);
});

test('stop, continue, undo and redo', async ({ page }) => {
  const vitrine = new VitrinePage(page);
  await vitrine.open('?prompt=The+old+king&seed=1&max-new-tokens=400');
  await expect(vitrine.text).toHaveValue(/^The old king.{10}/s, { timeout: 60_000 });
  await page.keyboard.press('Escape');
  await vitrine.ready();
  await expect(vitrine.status).toHaveText('Stopped');
  const stopped = await vitrine.value();

  await page.getByLabel('Tokens to write').fill('8');
  await vitrine.write.click();
  await expect(vitrine.status).toHaveText(/Length limit reached/);
  const continued = await vitrine.value();
  expect(continued.startsWith(stopped)).toBe(true);
  expect(continued.length).toBeGreaterThan(stopped.length);

  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(vitrine.text).toHaveValue(stopped);
  await page.getByRole('button', { name: 'Redo' }).click();
  await expect(vitrine.text).toHaveValue(continued);
});

test('prompt and continuation are one text, which can be edited anywhere and continued', async ({ page }) => {
  const vitrine = new VitrinePage(page);
  await vitrine.opened();
  await page.getByRole('button', { name: 'New', exact: true }).click();
  await expect(vitrine.text).toBeFocused();
  await expect(vitrine.status).toHaveText('Ready');
  await vitrine.text.fill('The cat said "');
  await page.keyboard.press('Control+Enter');
  await expect(vitrine.text).toHaveValue(/^The cat said ".+/s);
  await vitrine.ready();
});

test('the same seed writes the same text again, another try another', async ({ page }) => {
  const vitrine = new VitrinePage(page);
  await vitrine.opened('?prompt=A+fox&seed=11&max-new-tokens=16');
  const first = await vitrine.value();
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(vitrine.text).not.toHaveValue(first);
  await vitrine.ready();
  await expect(vitrine.text).not.toHaveValue(first);
  // The same entry of the history follows its link once; this is a new one.
  await page.goto('about:blank');
  await vitrine.opened('?prompt=A+fox&seed=11&max-new-tokens=16');
  expect(await vitrine.value()).toBe(first);
});

/** The sum of all layout shifts since it was last asked for. */
async function countShifts(page: Page): Promise<() => Promise<number>> {
  await page.addInitScript(() => {
    const seen = { shift: 0 };
    Object.assign(globalThis, { seen });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries())
        seen.shift += (entry as PerformanceEntry & { value: number }).value;
    }).observe({ type: 'layout-shift', buffered: true });
  });
  return () =>
    page.evaluate(() => {
      const { seen } = globalThis as unknown as { seen: { shift: number } };
      const { shift } = seen;
      seen.shift = 0;
      return shift;
    });
}

test('nothing moves and nothing blocks while the model writes', async ({ page }) => {
  const shifts = await countShifts(page);
  const vitrine = new VitrinePage(page);
  await vitrine.opened('?prompt=Once+upon+a+time&seed=3&max-new-tokens=8');
  await page.getByLabel('Tokens to write').fill('100');
  await shifts();
  const before = await vitrine.value();
  const work = await followPageThread(page);
  await vitrine.write.click();
  await expect(vitrine.text).not.toHaveValue(before);
  await expect(vitrine.write).toBeVisible({ timeout: 60_000 });
  const { tasks, longest } = await work();
  expect(await shifts()).toBeLessThan(0.001);
  expect(tasks).toBeGreaterThan(100);
  expect(longest).toBeGreaterThan(0);
  expect(longest).toBeLessThan(100);
});

test('the same at hundreds of tokens a second and over a long text', async ({ page }) => {
  const shifts = await countShifts(page);
  const replay = await recordTokens(page);
  const vitrine = new VitrinePage(page);
  await vitrine.opened('?prompt=Once+upon+a+time&seed=3&max-new-tokens=40&overflow=slide');
  await page.getByLabel('Tokens to write').fill('1000');
  await replay(250);
  await shifts();
  const work = await followPageThread(page);
  await vitrine.write.click();
  await expect(vitrine.stop).toBeVisible();
  await expect(vitrine.write).toBeVisible({ timeout: 60_000 });
  const { longest } = await work();
  expect(await page.locator('.token-layer [data-origin=model]').count()).toBe(1040);
  expect(await shifts()).toBeLessThan(0.001);
  expect(longest).toBeGreaterThan(0);
  expect(longest).toBeLessThan(100);
});
