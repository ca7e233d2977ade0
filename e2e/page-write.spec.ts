import { expect, test } from '@playwright/test';
import { VitrinePage } from './page-support.ts';

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
  await expect(vitrine.status).toHaveText(/Reached the length/);
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
  await vitrine.text.fill('The cat said "');
  await page.keyboard.press('Control+Enter');
  await expect(vitrine.text).toHaveValue(/^The cat said ".+/s);
  await vitrine.ready();
});

test('the same seed writes the same text again, another take another', async ({ page }) => {
  const vitrine = new VitrinePage(page);
  await vitrine.opened('?prompt=A+fox&seed=11&max-new-tokens=16');
  const first = await vitrine.value();
  await page.getByRole('button', { name: 'Another take' }).click();
  await expect(vitrine.status).toHaveAttribute('data-phase', 'generating');
  await vitrine.ready();
  await expect(vitrine.text).not.toHaveValue(first);
  await vitrine.opened('?prompt=A+fox&seed=11&max-new-tokens=16');
  expect(await vitrine.value()).toBe(first);
});

test('nothing moves and nothing blocks while text streams in', async ({ page }) => {
  await page.addInitScript(() => {
    const seen = { shift: 0, longest: 0 };
    Object.assign(globalThis, { seen });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries())
        seen.shift += (entry as PerformanceEntry & { value: number }).value;
    }).observe({ type: 'layout-shift', buffered: true });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) seen.longest = Math.max(seen.longest, entry.duration);
    }).observe({ type: 'longtask' });
  });
  const vitrine = new VitrinePage(page);
  await vitrine.opened('?prompt=Once+upon+a+time&seed=3&max-new-tokens=8');
  await page.getByLabel('Tokens to write').fill('200');
  await page.evaluate(() =>
    Object.assign((globalThis as never as { seen: object }).seen, { shift: 0, longest: 0 }),
  );
  await vitrine.write.click();
  await expect(vitrine.stop).toBeVisible();
  await expect(vitrine.write).toBeVisible({ timeout: 60_000 });
  const seen = await page.evaluate(
    () => (globalThis as never as { seen: { shift: number; longest: number } }).seen,
  );
  expect(seen.shift).toBeLessThan(0.001);
  test.info().annotations.push({ type: 'longest task', description: `${seen.longest} ms` });
});
