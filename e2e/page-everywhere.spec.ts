import { expect, test } from '@playwright/test';
import { expectAccessible, expectAccessibleInBoth, VitrinePage } from './page-support.ts';

test('no state breaks an accessibility rule, in light and in dark', async ({ page }) => {
  const vitrine = new VitrinePage(page);
  await vitrine.open('?prompt=Once+upon+a+time&seed=7&max-new-tokens=300');
  await expect(vitrine.stop).toBeVisible({ timeout: 60_000 });
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await vitrine.ready();
  // The rest on a short text: axe looks at every word.
  await vitrine.text.fill((await vitrine.value()).slice(0, 100));
  await expect(vitrine.status).toHaveText('Ready');
  await expectAccessibleInBoth(page);

  await vitrine.caret(30);
  await page.keyboard.press('Alt+ArrowDown');
  await expect(page.getByTestId('alternatives').getByRole('button').first()).toBeFocused();
  await expectAccessibleInBoth(page);
  await page.locator('[data-testid=alternatives] button:not([aria-current])').first().press('Enter');
  await expect(vitrine.stop).toBeVisible();
  await page.keyboard.press('Escape');
  await vitrine.ready();
  await vitrine.panel('Versions');
  await page.getByTestId('tree').getByRole('button', { name: 'Compare' }).first().click();
  await expect(page.getByTestId('compare')).toBeVisible();
  await expectAccessibleInBoth(page);

  for (const name of ['Models', 'Device', 'Share'] as const) {
    await vitrine.dialog(name);
    await expectAccessibleInBoth(page);
    await page.keyboard.press('Escape');
  }
  await page.context().setOffline(true);
  await expect(page.getByText('Offline', { exact: true })).toBeVisible();
  await expectAccessibleInBoth(page);
  await page.context().setOffline(false);
});

test('the whole tour by keyboard', async ({ page }) => {
  const vitrine = new VitrinePage(page);
  await vitrine.opened();
  const tabTo = async (name: RegExp) => {
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press('Tab');
      const label = await page.evaluate(() => {
        const at = document.activeElement as HTMLElement | null;
        const labels = (at as HTMLInputElement | null)?.labels;
        return at?.getAttribute('aria-label') ?? labels?.[0]?.textContent ?? at?.textContent ?? '';
      });
      if (name.test(label.trim())) return;
    }
    throw new Error(`Tab never reached ${name}`);
  };
  await tabTo(/^Model:/);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: /^Model:/ })).toBeFocused();
  await tabTo(/^Text$/);
  await page.keyboard.press('Control+End');
  await page.keyboard.type(' The end was');
  await page.keyboard.press('Control+Enter');
  await expect(vitrine.text).toHaveValue(/The end was.+/s);
  await vitrine.ready();
  await tabTo(/^Continue$/);
  await tabTo(/^Try again$/);
  await tabTo(/^Sampling$/);
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('tab', { name: 'Versions' })).toBeFocused();
  await page.keyboard.press('ArrowLeft');
  await tabTo(/^Greedy$/);
  await page.keyboard.press('Enter');
  await tabTo(/^Temperature$/);
  await page.keyboard.press('ArrowRight');
  await expect(page.getByLabel('Temperature', { exact: true })).not.toHaveValue('0');
  await tabTo(/^Seed$/);
});

test('nothing sticks out, however narrow, flat or wide the window', async ({ page }) => {
  const vitrine = new VitrinePage(page);
  await page.setViewportSize({ width: 320, height: 568 });
  await vitrine.opened();
  const wider = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  for (const [width, height, words] of [
    [320, 568, 'A word'],
    [640, 400, 'Some word'],
    [1600, 1000, 'Another word'],
  ] as const) {
    await page.setViewportSize({ width, height });
    expect(await wider()).toBeLessThanOrEqual(0);
    await vitrine.text.fill(`${words} without end: ${'x'.repeat(400)}`);
    await expect(vitrine.status).toHaveText('Ready');
    const sheet = page.locator('.sheet');
    expect(await sheet.evaluate((box) => box.scrollWidth - box.clientWidth)).toBeLessThanOrEqual(0);
    for (const name of ['Models', 'Device', 'Share'] as const) {
      const dialog = await vitrine.dialog(name);
      const box = await dialog.boundingBox();
      expect(box?.width).toBeLessThanOrEqual(width);
      expect(
        await dialog.evaluate((element) => element.scrollWidth - element.clientWidth),
      ).toBeLessThanOrEqual(0);
      await page.keyboard.press('Escape');
    }
  }
});

test('screen readers hear the text by sentence, and text from right to left stands right', async ({
  page,
}) => {
  const vitrine = new VitrinePage(page);
  await vitrine.opened('?prompt=Once+upon+a+time&seed=7&max-new-tokens=60');
  const heard = await page.getByRole('log').locator('p').allTextContents();
  expect(`Once upon a time${heard.join('')}`).toBe(await vitrine.value());
  await vitrine.text.fill('كان يا ما كان في قديم الزمان');
  const direction = (name: string) =>
    page.locator(name).evaluate((element) => getComputedStyle(element).direction);
  await expect.poll(() => direction('.sheet-field')).toBe('rtl');
  expect(await direction('.token-layer')).toBe('rtl');
});

test('model text is only text, and the policy forbids scripts from elsewhere', async ({ page }) => {
  const refused: string[] = [];
  page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) refused.push(message.text());
  });
  const vitrine = new VitrinePage(page);
  await vitrine.opened();
  expect(refused).toEqual([]);
  await vitrine.text.fill('<img src=x onerror="document.title=1"><script>document.title=2</script>');
  await expect(page.getByTestId('next').getByRole('row')).toHaveCount(11);
  expect(await page.title()).toBe('Vitrine');
  expect(await page.locator('.sheet img, .sheet script').count()).toBe(0);
  await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'document.title = "owned"';
    document.body.append(script);
  });
  expect(await page.title()).toBe('Vitrine');
  expect(refused.length).toBeGreaterThan(0);
});
