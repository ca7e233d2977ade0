import { expect, test } from '@playwright/test';
import { type ServedModel, serveBundled, startMs } from '../test/support/served-model.ts';
import { expectAccessible, expectAccessibleInBoth, VitrinePage } from './page-support.ts';
import { requestsTo } from './support/requests.ts';
import { sitePort } from './support/sites.ts';

/** The page against our own server, in a process of its own. */
let served: ServedModel;
const site = `http://localhost:${sitePort}`;

test.beforeAll(async () => {
  test.setTimeout(startMs);
  served = await serveBundled('--allow-origin', site);
});
test.afterAll(() => served?.close());

async function connect(vitrine: VitrinePage, key = '') {
  const dialog = await vitrine.dialog('Models');
  await dialog.getByLabel('Server address').fill(served.baseUrl);
  await dialog.getByLabel('The model’s name there').fill('tiny-tales');
  await dialog.getByLabel(/^Tokenizer and config/).fill(`${site}/models/tiny-tales`);
  await dialog.getByLabel(/^Key/).fill(key);
  await dialog.getByRole('button', { name: 'Connect', exact: true }).click();
}

test('a model on a server writes as the same model here, with a mark, and hears nothing else', async ({
  page,
}) => {
  const vitrine = new VitrinePage(page);
  await vitrine.opened('?prompt=Once+upon+a+time&seed=7&max-new-tokens=12');
  const local = await vitrine.value();
  const mark = page.getByTestId('leaves-machine');
  await expect(mark).toHaveCount(0);

  const { host } = new URL(served.baseUrl);
  const asked = requestsTo(page, served.baseUrl);
  await connect(vitrine, 'sk-secret');
  await expect(mark).toContainText(host);
  await vitrine.ready();
  await expectAccessibleInBoth(page);
  await vitrine.text.fill('Once upon a time');
  // Typed text is looked at after half a second, by a model that is here.
  await page.waitForTimeout(1000);
  expect(asked).toEqual(['GET /v1/models']);
  await vitrine.writeOn();
  expect(await vitrine.value()).toBe(local);
  expect(asked).toEqual(['GET /v1/models', 'POST /v1/completions']);

  await page.getByRole('tab', { name: 'Inside' }).click();
  await expect(page.getByTestId('inside')).toContainText('Not possible with a model on a server');
  await page.getByRole('tab', { name: 'Sampling' }).click();
  await expect(page.getByLabel('Top-k', { exact: true })).toBeEnabled();
  await expect(page.getByLabel(/^Stop at the model’s own end/)).toBeDisabled();
  await expect(page.getByLabel(/^When the context is full/)).toBeDisabled();
  await expectAccessible(page);

  await vitrine.saved(local);
  const kept = await page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href]),
  );
  expect(kept).not.toContain('sk-secret');
  await page.reload();
  await expect(vitrine.status).toHaveAttribute('data-phase', 'idle');
  await expect(page.getByRole('region', { name: 'No model' })).toContainText(served.baseUrl);
  await expect(vitrine.text).toHaveValue(local);
  expect(asked).toHaveLength(2);
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await expect(mark).toContainText(host);
  await mark.getByRole('button', { name: 'Use the bundled model' }).click();
  await vitrine.ready();
  await expect(mark).toHaveCount(0);
});

test('a server that cannot be reached leaves the model that is there', async ({ page }) => {
  const vitrine = new VitrinePage(page);
  await vitrine.opened('?prompt=Hello&max-new-tokens=2');
  await page.route(`${new URL(served.baseUrl).origin}/**`, (route) => route.abort());
  await connect(vitrine);
  await expect(vitrine.error).toHaveAttribute('data-code', 'network');
  await expect(vitrine.error).toContainText('cannot be reached');
  await expect(page.getByTestId('leaves-machine')).toHaveCount(0);
  await expect(page.getByRole('button', { name: /^Model: tiny-tales/ })).toBeVisible();
});
