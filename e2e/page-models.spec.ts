import { expect, test } from '@playwright/test';
import { type HubServer, startHubServer } from '../test/support/hub-server.ts';
import { expectAccessibleInBoth, VitrinePage } from './page-support.ts';

let server: HubServer;

test.beforeAll(async () => {
  server = await startHubServer({
    delayMs: 5,
    pieceBytes: 16 * 1024,
    repos: {
      'test/plain': { folder: 'test/golden/f32-prefixed' },
      'test/sharded': { folder: 'test/golden/f16-sharded' },
      'test/gated': { folder: 'test/golden/bf16', gated: true },
    },
  });
});

test.afterAll(() => server.close());
test.afterEach(() => server.clearFaults());

const ask = (model: string) =>
  `?hub=${encodeURIComponent(server.hub)}&model=${model}&prompt=Hello&max-new-tokens=4`;

async function load(vitrine: VitrinePage, source: string) {
  const dialog = await vitrine.dialog('Models');
  await dialog.getByLabel(/^Hub id/).fill(source);
  await dialog.getByRole('button', { name: 'Load', exact: true }).click();
}

test('a model of the hub waits for a click, shows its progress, pauses, resumes and writes', async ({
  page,
}) => {
  const vitrine = new VitrinePage(page);
  await vitrine.open(ask('test/plain'));
  await expect(vitrine.status).toHaveAttribute('data-phase', 'idle');
  await expectAccessibleInBoth(page);
  // The download stands still on its way, for as long as it is looked at.
  const flow = server.fault({ kind: 'stall', path: 'model.safetensors', after: 300_000 });
  await page.getByRole('button', { name: 'Load it' }).click();
  await expect(vitrine.status).toContainText(/Loading weights: \d+ kB of 2\.\d+ MB/);
  await expectAccessibleInBoth(page);
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(vitrine.status).toHaveText('Download paused');
  await expectAccessibleInBoth(page);
  flow();
  await page.getByRole('button', { name: 'Resume' }).click();
  await vitrine.ready();
  await expect(page.getByRole('button', { name: /^Model: test\/plain/ })).toBeVisible();
  await vitrine.write.click();
  await expect(vitrine.text).toHaveValue(/^Hello.+/s);
});

test('cancel leaves nothing half-stored', async ({ page }) => {
  const vitrine = new VitrinePage(page);
  await vitrine.open(ask('test/plain'));
  await page.getByRole('button', { name: 'Load it' }).click();
  await expect(vitrine.status).toContainText('Loading weights');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(vitrine.status).toHaveText('No model loaded');
  const dialog = await vitrine.dialog('Models');
  await expect(dialog.getByText('No model yet.')).toBeVisible();
});

test('the plan says what fits before a weight is fetched; a stored model opens, exports and is deleted', async ({
  page,
}) => {
  const vitrine = new VitrinePage(page);
  await vitrine.opened(`?hub=${encodeURIComponent(server.hub)}&prompt=Hello&max-new-tokens=2`);
  const dialog = await vitrine.dialog('Models');
  await dialog.getByLabel(/^Hub id/).fill('test/sharded');
  server.forget();
  await dialog.getByRole('button', { name: 'Does it fit?', exact: true }).click();
  await expect(dialog.getByTestId('plan').getByRole('row')).toHaveCount(5);
  await expect(dialog.getByTestId('plan')).toContainText('recommended');
  await dialog.getByRole('radio', { name: 'f32' }).check();
  await dialog.getByRole('button', { name: 'Load', exact: true }).click();
  await vitrine.ready();
  await expect(page.getByRole('button', { name: /^Model: test\/sharded\s*f32/ })).toBeVisible();

  const again = await vitrine.dialog('Models');
  const stored = again.getByTestId('stored').filter({ hasText: 'test/sharded' });
  await expect(stored).toBeVisible();
  const download = page.waitForEvent('download');
  await stored.getByRole('button', { name: /^Export/ }).click();
  const exported = await (await download).path();
  await stored.getByRole('button', { name: /^Delete/ }).click();
  await expect(stored).toHaveCount(0);
  await again.getByLabel(/^Import/).setInputFiles(exported);
  await expect(stored).toBeVisible();
});

test('files from this machine', async ({ page }) => {
  const vitrine = new VitrinePage(page);
  await vitrine.opened();
  const dialog = await vitrine.dialog('Models');
  const names = ['config.json', 'model.safetensors', 'vocab.json', 'merges.txt'];
  await dialog.getByLabel(/^Or its files/).setInputFiles(names.map((name) => `test/golden/bf16/${name}`));
  await expect(dialog).toBeHidden();
  await vitrine.ready();
  await vitrine.text.fill('A');
  await vitrine.write.click();
  await expect(vitrine.text).toHaveValue(/^A.+/s);
});

test('a gated model asks for a token, takes it, and keeps it nowhere', async ({ page }) => {
  const vitrine = new VitrinePage(page);
  await vitrine.opened(`?hub=${encodeURIComponent(server.hub)}&prompt=Hello&max-new-tokens=2`);
  await load(vitrine, 'test/gated');
  await expect(vitrine.error).toHaveAttribute('data-code', 'gated', { timeout: 30_000 });
  await expectAccessibleInBoth(page);
  await page.getByRole('button', { name: 'Enter an access token' }).click();
  await expect(page.getByTestId('token-hub')).toHaveText(new URL(server.hub).host);
  await page.getByLabel(/^Access token/).fill('hf_test');
  await page.getByLabel(/^Hub id/).fill('test/gated');
  await page.getByRole('button', { name: 'Load', exact: true }).click();
  await expect(vitrine.error).toHaveCount(0, { timeout: 60_000 });
  await vitrine.ready();
  const kept = await page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href]),
  );
  expect(kept).not.toContain('hf_test');
});

test('a model that is not there says so and offers the way on', async ({ page }) => {
  const vitrine = new VitrinePage(page);
  await vitrine.opened(`?hub=${encodeURIComponent(server.hub)}&prompt=Hello&max-new-tokens=2`);
  await load(vitrine, 'test/nothing-here');
  // Hubs answer alike for what is hidden and for what does not exist.
  await expect(vitrine.error).toHaveAttribute('data-code', /not-found|gated/, { timeout: 30_000 });
  await expect(vitrine.error).toContainText('nothing-here');
  await expectAccessibleInBoth(page);
  // The model that works stays, and goes on.
  await expect(page.getByRole('button', { name: /^Model: tiny-tales/ })).toBeVisible();
  const before = await vitrine.value();
  await vitrine.write.click();
  await expect(vitrine.text).not.toHaveValue(before);
});
