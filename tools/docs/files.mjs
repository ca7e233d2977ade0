import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';

/** Titles in the order of reading; pages that are not named here follow by name. */
const order = [
  'README',
  'page',
  'embeds',
  'hosting',
  'models',
  'generation',
  'sampling',
  'weights',
  'tokenizer',
  'architecture',
];

const place = (name) => (order.includes(name) ? order.indexOf(name) : order.length);

/** Pages made from files of the project: { source, file, title }, `source` from the root, `file` in the docs' folder. */
export function pagesOf(root) {
  const docs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
  const sources = ['README.md', ...docs.map((name) => `docs/${name}`), 'CONTRIBUTING.md', 'CHANGELOG.md'];
  const pages = sources.map((source) => {
    const name = posix.basename(source, '.md');
    const heading = /^# (.+)$/m.exec(readFileSync(join(root, source), 'utf8'))?.[1] ?? name;
    const file = name === 'README' ? 'index.html' : `${name.toLowerCase()}.html`;
    return { source, file, title: name === 'README' ? 'Overview' : heading, place: place(name) };
  });
  return pages.sort((a, b) => a.place - b.place);
}

/**
 * Where a link of one page leads on the site: another page, a picture, or, for a file of the project that is no page,
 * nowhere.
 */
export function linkIn(source, pages) {
  return (href) => {
    if (/^(https?:|mailto:|#)/.test(href)) return href;
    const [path, hash] = href.split('#');
    const target = posix.normalize(posix.join(posix.dirname(source), path));
    const page = pages.find((each) => each.source === target);
    if (page) return page.file + (hash ? `#${hash}` : '');
    return target.startsWith('docs/images/') ? target.slice('docs/'.length) : undefined;
  };
}

/** Every file below a folder, as paths with forward slashes. */
export function filesBelow(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => statSync(join(folder, name)).isFile())
    .map((name) => name.split(sep).join('/'));
}

/** Links of HTML pages in a folder that lead to no file or no anchor of it. `root` is the site's root. */
export function brokenLinks(root, folder) {
  const texts = new Map();
  const textOf = (path) => {
    if (!texts.has(path)) texts.set(path, readFileSync(path, 'utf8'));
    return texts.get(path);
  };
  const broken = [];
  for (const name of filesBelow(folder).filter((file) => file.endsWith('.html'))) {
    const page = join(folder, name);
    for (const [, href] of textOf(page).matchAll(/\s(?:href|src)="([^"]*)"/g)) {
      if (/^(https?:|mailto:|data:)/.test(href)) continue;
      const why = whyBroken(root, page, href.replaceAll('&amp;', '&'), textOf);
      if (why) broken.push(`${name}: ${href} ${why}`);
    }
  }
  return broken;
}

function whyBroken(root, page, href, textOf) {
  const [, path, hash] = /^([^?#]*)(?:\?[^#]*)?(?:#(.*))?$/.exec(href) ?? [];
  if (path?.startsWith('/')) return 'begins at the root of the host';
  const target = path ? join(dirname(page), decodeURIComponent(path)) : page;
  if (relative(root, target).startsWith('..')) return 'leaves the site';
  if (!statSync(target, { throwIfNoEntry: false })?.isFile()) return 'is no file';
  const anchored = !hash || textOf(target).includes(`id="${decodeURIComponent(hash)}"`);
  return anchored ? undefined : 'has no such anchor';
}
