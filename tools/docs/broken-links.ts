import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** Every HTML page below a folder. */
export function htmlBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.html'));
}

/** Links of HTML pages in a folder that lead to no file or no anchor of it. `root` is the site's root. */
export function brokenLinks(root: string, folder: string): string[] {
  const texts = new Map<string, string>();
  const textOf = (path: string) => {
    const text = texts.get(path) ?? readFileSync(path, 'utf8');
    texts.set(path, text);
    return text;
  };
  return htmlBelow(folder).flatMap((name) => {
    const page = join(folder, name);
    const links = [...textOf(page).matchAll(/\s(?:href|src)="([^"]*)"/g)].map(([, href = '']) => href);
    return links
      .filter((href) => !/^(https?:|mailto:|data:)/.test(href))
      .map((href) => [href, whyBroken(root, page, href.replaceAll('&amp;', '&'), textOf)] as const)
      .filter(([, why]) => why !== undefined)
      .map(([href, why]) => `${name}: ${href} ${why}`);
  });
}

function whyBroken(
  root: string,
  page: string,
  href: string,
  textOf: (path: string) => string,
): string | undefined {
  const [, path, hash] = /^([^?#]*)(?:\?[^#]*)?(?:#(.*))?$/.exec(href) ?? [];
  if (path?.startsWith('/')) return 'begins at the root of the host';
  const target = path ? join(dirname(page), decodeURIComponent(path)) : page;
  if (relative(root, target).startsWith('..')) return 'leaves the site';
  if (!statSync(target, { throwIfNoEntry: false })?.isFile()) return 'is no file';
  const anchored = !hash || textOf(target).includes(`id="${decodeURIComponent(hash)}"`);
  return anchored ? undefined : 'has no such anchor';
}
