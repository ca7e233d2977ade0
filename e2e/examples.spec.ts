import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { build } from 'vite';
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

const app = `
  import { createRoot } from 'react-dom/client';
  import { VitrineDemo } from '${join(root, 'examples/VitrineDemo.tsx')}';

  const { hash } = location;
  createRoot(document.getElementById('root')).render(
    <VitrineDemo script={hash.slice(1)} prompt="A fox" maxNewTokens={4} seed={7}
      onToken={({ text }) => (document.querySelector('output').textContent += text)}
      onDone={({ tokens }) => (document.title = tokens + ' tokens')} />,
  );
`;

test('the element as a React component', async ({ page }) => {
  // Where React is found.
  const project = mkdtempSync(join(root, 'node_modules/.vitrine-react-'));
  const main = '<div id="root"></div><output></output><script type="module" src="./main.jsx"></script>';
  writeFileSync(join(project, 'index.html'), `<!doctype html><title>React</title>${main}`);
  writeFileSync(join(project, 'main.jsx'), app);
  await build({ root: project, configFile: false, logLevel: 'warn' });
  const site = await startStaticServer({ mounts: { '/': join(project, 'dist'), '/vitrine/': dist } });
  try {
    await page.goto(`${site.origin}/#${site.origin}/vitrine/embed.js`);
    await page.getByRole('button', { name: 'Run' }).click();
    await expect(page).toHaveTitle('4 tokens', { timeout: 60_000 });
    const written = await page.locator('output').textContent();
    await expect(page.getByRole('log')).toHaveText(`A fox${written}`);
  } finally {
    await site.close();
    rmSync(project, { recursive: true, force: true });
  }
});
