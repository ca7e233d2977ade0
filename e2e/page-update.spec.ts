import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { VitrinePage } from './page-support.ts';
import { dist } from './support/sites.ts';
import { startStaticServer } from './support/static-server.ts';

/** The site's service worker is what these tests are about. */
test.use({ serviceWorkers: 'allow' });

/** Puts another version of the site in its place: a page with another title, and the list of files that goes with it. */
function publishNext(folder: string): void {
  const edit = (name: string, from: RegExp, to: string) => {
    const text = readFileSync(join(folder, name), 'utf8');
    expect(text).toMatch(from);
    writeFileSync(join(folder, name), text.replace(from, to));
  };
  edit('index.html', /<title>[^<]*</, '<title>The next version<');
  edit('sw.js', /(url:"index\.html",revision:")[^"]*/, '$1next');
}

test('a new version waits for the visitor’s word, and the text survives it', async ({ page }) => {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-site-'));
  cpSync(dist, folder, { recursive: true, filter: (path) => !path.endsWith('docs') });
  const site = await startStaticServer({ mounts: { '/': folder } });
  const vitrine = new VitrinePage(page);
  const notice = page.getByRole('region', { name: 'New version' });
  try {
    await page.goto(`${site.origin}/?prompt=The+wolf&seed=4&max-new-tokens=8`);
    await vitrine.ready();
    await page.evaluate(() => navigator.serviceWorker.ready);
    await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);
    const title = await page.title();

    publishNext(folder);
    await page.goto(site.origin);
    await vitrine.ready();
    await expect(notice).toBeVisible({ timeout: 60_000 });
    // Until the word the visitor stays with what is there.
    await page.reload();
    await vitrine.ready();
    expect(await page.title()).toBe(title);
    await vitrine.text.fill('A text of my own');
    await expect(notice).toBeVisible({ timeout: 60_000 });
    await notice.getByRole('button', { name: 'Reload to update' }).click();
    await expect(page).toHaveTitle('The next version');
    await vitrine.ready();
    await expect(vitrine.text).toHaveValue('A text of my own');
    await expect(notice).toBeHidden();
  } finally {
    await site.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
