import { expect, test } from '@playwright/test';
import { VitrinePage } from './page-support.ts';

/** The site's service worker is what these tests are about. */
test.use({ serviceWorkers: 'allow' });

test('after the first visit the page opens and writes without a network, and says so when tested', async ({
  page,
  context,
}) => {
  const vitrine = new VitrinePage(page);
  await vitrine.opened();
  await page.evaluate(() => navigator.serviceWorker.ready);
  const dialog = await vitrine.dialog('Models');
  await dialog.getByRole('button', { name: 'Test it' }).click();
  await expect(dialog.getByTestId('offline')).toContainText('Yes: the page and its model');

  await context.setOffline(true);
  await vitrine.open('?prompt=The+wolf&seed=4&max-new-tokens=8');
  await vitrine.ready();
  await expect(vitrine.text).toHaveValue(/^The wolf.+/s);
  await expect(page.getByText('Offline', { exact: true })).toBeVisible();
});
