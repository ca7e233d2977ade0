import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { brokenLinks } from './docs/broken-links.ts';
import { liveDemo } from './docs/live-demo.ts';
import { pagesOf, textOf } from './docs/pages.ts';
import { relativeAddresses } from './docs/relative-addresses.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

describe('the docs as pages', () => {
  it('begin with the overview and link to pages of the site, never to what is not there', () => {
    const pages = pagesOf(root);
    expect(pages[0]).toMatchObject({ source: 'README.md', file: 'index.html' });
    expect(textOf(root, 'README.md', pages)).toMatch(/\]\(\.\/embeds\.html/);
    expect(textOf(root, 'docs/page.md', pages)).toContain('](./images/page.png)');
    for (const { source } of pages)
      if (source) expect(textOf(root, source, pages)).not.toMatch(/\]\((?!https?:|mailto:|#|\.\/)/);
  });

  it('show a demo beside its text, from this site', () => {
    const element = '<vitrine-demo seed="7"></vitrine-demo>';
    expect(liveDemo(`<script src="x"></script>\n${element}`)).toBe(element);
    expect(liveDemo('<iframe src="https://demo.example/embed.html?seed=7" style="x"></iframe>')).toBe(
      '<iframe class="live" title="Language model" src="/embed.html?seed=7"></iframe>',
    );
    expect(liveDemo('<p>')).toBe('');
    expect(liveDemo('<vitrine-demo server="https://models.example/v1"></vitrine-demo>')).toBe('');
  });

  it('hold no address from the root of a host, and no inline script', () => {
    const html =
      '<script id="check-mac-os">x()</script><a href="/docs/a.html"><a href="./b/"><img src="/icon.svg"><a href="#x">';
    expect(relativeAddresses(html, 'a.md')).toBe(
      '<a href="./a.html"><a href="./b/index.html"><img src="../icon.svg"><a href="#x">',
    );
    expect(relativeAddresses(html, 'api/b.md')).toBe(
      '<a href="../a.html"><a href="./b/index.html"><img src="../../icon.svg"><a href="#x">',
    );
  });

  it('are refused with a link to no file, no anchor, or out of the site', () => {
    const site = mkdtempSync(join(tmpdir(), 'vitrine-links-'));
    mkdirSync(join(site, 'docs'));
    const links = ['#here', 'none.html', 'a.html#away', '/a.html', '../../x', 'https://example.org/'];
    const text = links.map((href) => `<a href="${href}">`).join('');
    writeFileSync(join(site, 'docs/a.html'), `<h1 id="here">${text}`);
    expect(brokenLinks(site, join(site, 'docs'))).toEqual([
      'a.html: none.html is no file',
      'a.html: a.html#away has no such anchor',
      'a.html: /a.html begins at the root of the host',
      'a.html: ../../x leaves the site',
    ]);
    rmSync(site, { recursive: true, force: true });
  });
});
