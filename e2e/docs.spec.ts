import { execFileSync } from 'node:child_process';
import { expect, test } from '@playwright/test';
import { expectAccessible } from './page-support.ts';
import { root } from './support/sites.ts';

/** What a demo says at the end of a run. The CPU engine may be done before anything earlier is seen. */
const written = /^\d+ tokens, .* a second/;

/** The command itself fails on a link that leads nowhere. */
test.beforeAll(() => {
  test.setTimeout(600_000);
  execFileSync('npm', ['run', 'docs'], { cwd: root, stdio: 'pipe' });
});

test('the demos in the docs are live, under the policy of the site', async ({ page }) => {
  const wrong: string[] = [];
  page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()));
  await page.goto('docs/embeds.html');
  const demo = page.locator('vitrine-demo');
  await demo.getByRole('button', { name: 'Run' }).click();
  await expect(demo.getByRole('status')).toHaveText(written, { timeout: 60_000 });
  await expect(demo.getByRole('log')).toHaveText(/^Once upon a time.{10}/s);
  const frame = page.frameLocator('iframe');
  await expect(frame.getByRole('textbox')).toHaveValue('The old king');
  await frame.getByRole('button', { name: 'Run' }).click();
  await expect(frame.getByRole('status')).toHaveText(written, { timeout: 60_000 });
  await expect(frame.getByRole('log')).toHaveText(/^The old king.{10}/s);
  expect(wrong).toEqual([]);
});

test('the reference says what the docstrings say', async ({ page }) => {
  await page.goto('docs/index.html');
  await page.getByRole('link', { name: 'Library reference' }).click();
  await page.getByRole('main').getByRole('link', { name: 'vitrine', exact: true }).click();
  await page.getByRole('link', { name: 'loadModel', exact: true }).click();
  await expect(page.getByRole('main')).toContainText('Loads a model, in a worker where there are workers');
  for (const [module, name, text] of [
    ['vitrine/node', 'openFolder', 'The files of a model in a folder'],
    ['vitrine/embed', 'VitrineDemo', 'a prompt and a model that continues it'],
  ] as const) {
    await page.getByRole('link', { name: 'Library reference' }).click();
    await page.getByRole('main').getByRole('link', { name: module, exact: true }).click();
    await page.getByRole('link', { name, exact: true }).click();
    await expect(page.getByRole('main')).toContainText(text);
  }
});

for (const name of ['index', 'embeds', 'api/vitrine/interfaces/Model'])
  test(`${name} breaks no accessibility rule`, async ({ page }) => {
    await page.goto(`docs/${name}.html`);
    await expectAccessible(page);
  });
