import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { parse } from 'yaml';
import { outputsOf, readNotebook } from '../test/support/notebook.ts';
import { dist, root } from './support/sites.ts';
import { type StaticServer, startStaticServer } from './support/static-server.ts';

let server: StaticServer;

test.beforeAll(async () => {
  server = await startStaticServer({ mounts: { '/': root } });
});

test.afterAll(() => server.close());

test('the element in a plain page', async ({ page }) => {
  await page.goto(`${server.origin}/examples/embed.html`);
  await page.getByRole('button', { name: 'Run' }).click();
  await expect(page.locator('#said')).toHaveText(/\d+ tokens came/, { timeout: 60_000 });
});

test('a frame in a slide shows what went on inside before a word', async ({ page }) => {
  await page.goto(`${server.origin}/examples/slide.html`);
  const frame = page.frameLocator('iframe');
  // What it fetches is said before it does.
  await frame.getByRole('button', { name: /^Run \(\d+(\.\d+)? MB\)$/ }).click();
  await expect(frame.getByRole('status')).toContainText('Choose a word', { timeout: 60_000 });
  await frame.getByRole('log').press('End');
  const inside = frame.getByRole('region', { name: 'Inside the model' });
  await expect(inside.getByRole('listitem')).toHaveCount(7);
  const looked = () =>
    inside.locator('.looked span').evaluateAll((spans) => spans.map((span) => span.getAttribute('style')));
  const first = await looked();
  expect(first.length).toBeGreaterThan(30);
  await inside.getByRole('combobox').selectOption({ index: 1 });
  expect(await looked()).not.toEqual(first);
  expect(await page.evaluate(() => document.documentElement.scrollHeight <= innerHeight)).toBe(true);
});

test('perplexity of a text', async ({ page }) => {
  await page.goto(`${server.origin}/examples/perplexity.html`);
  await page.getByRole('button', { name: 'Measure' }).click();
  await expect(page.locator('output')).toHaveText(/Perplexity \d+\.\d over \d+ tokens/, { timeout: 60_000 });
});

test('token tree', async ({ page }) => {
  await page.goto(`${server.origin}/examples/token-tree.html`);
  await expect(page.locator('ul ul ul li')).toHaveCount(27, { timeout: 60_000 });
});

test('the page of a static Space writes, and its front matter is what the hub reads', async ({ page }) => {
  const space = join(root, 'examples/space');
  const [, front = ''] = /^---\n([\s\S]*?)\n---\n/.exec(readFileSync(join(space, 'README.md'), 'utf8')) ?? [];
  const matter = parse(front) as Record<string, unknown>;
  expect(matter).toMatchObject({ sdk: 'static', app_file: 'index.html', license: 'mit', pinned: false });
  const colours = /^(red|yellow|green|blue|indigo|purple|pink|gray)$/;
  expect([matter.colorFrom, matter.colorTo]).toEqual([
    expect.stringMatching(colours),
    expect.stringMatching(colours),
  ]);
  expect(String(matter.short_description).length).toBeLessThanOrEqual(60);
  const site = await startStaticServer({ mounts: { '/': space, '/vitrine/': dist } });
  try {
    await page.goto(`${site.origin}/${matter.app_file}`);
    await page.getByRole('button', { name: /^Run/ }).click();
    await expect(page.getByRole('status')).toContainText(/\d+ tokens/, { timeout: 60_000 });
    await expect(page.getByRole('log')).toHaveText(/^Once upon a time.+/);
  } finally {
    await site.close();
  }
});

test('the outputs of the notebook run', async ({ page }) => {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-notebook-'));
  const notebook = await startStaticServer({ mounts: { '/': folder } });
  const site = await startStaticServer({
    mounts: { '/': dist },
    headers: { 'access-control-allow-origin': '*' },
  });
  try {
    const [element = '', frame = ''] = outputsOf(readNotebook()).map((html) =>
      html.replaceAll('https://demo.example', site.origin),
    );
    writeFileSync(join(folder, 'index.html'), `<!doctype html><title>Notebook</title>${element}${frame}`);
    await page.goto(notebook.origin);
    await page.getByRole('button', { name: /^Run/ }).click();
    await expect(page.getByRole('log')).toHaveText(/^Once upon a time.+/, { timeout: 60_000 });
    await expect(page.getByRole('status')).toContainText(/\d+ tokens/, { timeout: 60_000 });
    const inside = page.frameLocator('iframe');
    await inside.getByRole('button', { name: /^Run/ }).click();
    await expect(inside.getByRole('status')).toContainText(/\d+ tokens/, { timeout: 60_000 });
  } finally {
    await Promise.all([site.close(), notebook.close()]);
    rmSync(folder, { recursive: true });
  }
});
