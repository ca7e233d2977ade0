import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** A page of the docs: its text from the project's root, and its file from the docs' root. */
export interface DocsPage {
  source?: string;
  file: string;
  title: string;
}

/** Pages in the order of reading; those that are not named here follow by name. */
const order = [
  'README',
  'page',
  'embeds',
  'hosting',
  'doors',
  'models',
  'generation',
  'sampling',
  'inside',
  'finding',
  'weights',
  'tokenizer',
  'architecture',
];

const rank = (source: string) => {
  const at = order.indexOf(posix.basename(source, '.md'));
  return at < 0 ? order.length : at;
};

/** The overview, the library's reference, and a page for each text. */
export function pagesOf(root: string): DocsPage[] {
  const docs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
  const sources = ['README.md', ...docs.map((name) => `docs/${name}`), 'CONTRIBUTING.md', 'CHANGELOG.md'];
  const pages = sources.sort((a, b) => rank(a) - rank(b)).map((source) => pageOf(root, source));
  return pages.toSpliced(1, 0, { file: 'api/index.html', title: 'Library reference' });
}

function pageOf(root: string, source: string): DocsPage {
  const name = posix.basename(source, '.md');
  if (name === 'README') return { source, file: 'index.html', title: 'Overview' };
  const heading = /^# (.+)$/m.exec(readFileSync(join(root, source), 'utf8'))?.[1] ?? name;
  return { source, file: `${name.toLowerCase()}.html`, title: heading };
}

/**
 * A text with its links as they are on the site: to pages and pictures there; those to files that are no page keep their
 * words alone.
 */
export function textOf(root: string, source: string, pages: readonly DocsPage[]): string {
  const text = readFileSync(join(root, source), 'utf8');
  return text.replace(
    /(!?)\[([^\]]*)\]\(([^)\s]+)\)/g,
    (whole, image: string, words: string, href: string) => {
      if (/^(https?:|mailto:|#)/.test(href)) return whole;
      const [path = '', hash] = href.split('#');
      const target = posix.normalize(posix.join(posix.dirname(source), path));
      if (target.startsWith('docs/images/')) return `${image}[${words}](./${target.slice('docs/'.length)})`;
      const page = pages.find((each) => each.source === target);
      if (!page) return words;
      return `[${words}](./${page.file}${hash ? `#${hash}` : ''})`;
    },
  );
}
