import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { brokenLinks, linkIn, pagesOf } from './docs/files.mjs';
import { renderMarkdown, slugOf } from './docs/markdown.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const render = (text: string) => renderMarkdown(text, { linkOf: (href) => href, toRoot: '../' });

describe('the docs as pages', () => {
  it('have anchors, tables and code without inline style or script', () => {
    const html = render('# A `b` & c\n\n| x |\n|---|\n| 1 < 2 |\n\n```html\n<b style="x">\n```');
    expect(html).toContain('<h1 id="a-b--c">');
    expect(html).toContain('1 &lt; 2');
    expect(html).not.toMatch(/<[^>]*\sstyle=|<script/);
    expect(slugOf('End of text?')).toBe('end-of-text');
  });

  it('show a demo beside its text, from this site', () => {
    const element = '<vitrine-demo seed="7"></vitrine-demo>';
    expect(render(`\`\`\`html\n${element}\n\`\`\``)).toContain(element);
    const frame = render(
      '```html\n<iframe src="https://demo.example/embed.html?seed=7" style="x"></iframe>\n```',
    );
    expect(frame).toContain('src="../embed.html?seed=7"');
  });

  it('link to pages of the site, and to nothing that is not there', () => {
    const pages = pagesOf(root);
    expect(pages[0]).toMatchObject({ source: 'README.md', file: 'index.html' });
    const link = linkIn('README.md', pages);
    expect(link('docs/embeds.md#the-frame')).toBe('embeds.html#the-frame');
    expect(link('src/model/gpt2.ts')).toBeUndefined();
    expect(linkIn('docs/page.md', pages)('images/page.png')).toBe('images/page.png');
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
