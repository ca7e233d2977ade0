import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A page whose addresses begin at the host's root, with addresses relative to it: the site works below any path. `/docs/` is
 * where the docs are, and a folder's address names its page. Inline script and style go, because the policy forbids them.
 * @param page the page's source, from the docs' root, such as `api/index.md`
 */
export function relativeAddresses(html: string, page: string): string {
  const toDocs = '../'.repeat(page.split('/').length - 1);
  return html
    .replace(/<script id="check-mac-os">.*?<\/script>/gs, '')
    .replaceAll(' style="position:relative;"', '')
    .replace(/(\shref="[^":]*\/)"/g, '$1index.html"')
    .replace(/(\s(?:href|src)=")\/(docs\/)?/g, (_, start: string, docs?: string) =>
      docs ? `${start}${toDocs || './'}` : `${start}${toDocs}../`,
    );
}

/** Makes the addresses of fonts in a folder's style sheets relative: the fonts are in the same folder. */
export function relativeStyles(folder: string): void {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.css'))) {
    const path = join(folder, name);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll('url(/docs/assets/', 'url('));
  }
}
