import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application } from 'typedoc';
import { brokenLinks, filesBelow, linkIn, pagesOf } from './docs/files.mjs';
import { renderMarkdown } from './docs/markdown.mjs';
import { pageHtml } from './docs/page.mjs';

/**
 * `npm run docs`, after `npm run build`: the project's texts as pages in `dist/docs/`, with live demos in them, and the
 * library's reference made from its docstrings. Fails on a link that leads nowhere.
 */
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const out = join(dist, 'docs');
const reference = { file: 'api/index.html', title: 'Library reference' };

function writePage(file, text) {
  const path = join(out, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function writeTexts(pages) {
  const known = pages.filter(({ source }) => source !== undefined);
  for (const { source, file, title } of known) {
    const linkOf = linkIn(source, known);
    const text = readFileSync(join(root, source), 'utf8');
    const body = renderMarkdown(text, { linkOf, toRoot: '../' }).replaceAll(
      'src="docs/images/',
      'src="images/',
    );
    writePage(file, pageHtml({ title, body, pages, here: file, toDocs: '', toRoot: '../' }));
  }
}

/** The reference as Markdown by TypeDoc, so that its pages look and behave like the others. */
async function referenceText(folder) {
  const app = await Application.bootstrapWithPlugins({
    entryPoints: ['src/index.ts', 'src/embed/element.ts', 'src/node/index.ts'].map((file) =>
      join(root, file),
    ),
    tsconfig: join(root, 'tsconfig.json'),
    plugin: ['typedoc-plugin-markdown'],
    // Both ways out are named, and nothing is emptied: left to itself TypeDoc clears a folder called docs.
    out: folder,
    outputs: [{ name: 'markdown', path: folder }],
    cleanOutputDir: false,
    readme: 'none',
    name: 'Library reference',
    disableSources: true,
    excludeExternals: true,
    excludePrivate: true,
    validation: { notExported: false },
    logLevel: 'Warn',
    hidePageHeader: true,
    hideBreadcrumbs: true,
    parametersFormat: 'table',
    propertiesFormat: 'table',
  });
  const project = await app.convert();
  if (!project) throw new Error('TypeDoc could not read src/index.ts.');
  await app.generateOutputs(project);
}

async function writeReference(pages) {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-reference-'));
  try {
    await referenceText(folder);
    for (const source of filesBelow(folder).filter((name) => name.endsWith('.md'))) {
      const file = `api/${htmlName(source)}`;
      const up = '../'.repeat(posix.dirname(file).split('/').length);
      const linkOf = (href) => (/^(https?:|#)/.test(href) ? href : href.replace(/[^/#]+\.md/, htmlName));
      const text = readFileSync(join(folder, source), 'utf8');
      const title = /^# (.+)$/m.exec(text)?.[1].replace(/\\/g, '') ?? reference.title;
      const body = renderMarkdown(text, { linkOf, toRoot: `${up}../` });
      const plain = title.replace(/[<>&]/g, '');
      writePage(file, pageHtml({ title: plain, body, pages, here: file, toDocs: up, toRoot: `${up}../` }));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const htmlName = (name) => name.replace(/README\.md$/, 'index.html').replace(/\.md$/, '.html');

function writeLooks() {
  const tokens = readFileSync(join(root, 'src/ui/styles/tokens.css'), 'utf8');
  writePage('docs.css', tokens + readFileSync(join(root, 'tools/docs/docs.css'), 'utf8'));
  const fonts = join(root, 'node_modules/@fontsource/literata/files');
  for (const weight of [400, 600]) {
    const name = `literata-latin-${weight}-normal.woff2`;
    cpSync(join(fonts, name), join(out, name));
  }
  cpSync(join(root, 'docs/images'), join(out, 'images'), { recursive: true });
}

async function main() {
  if (!existsSync(join(dist, 'embed.js'))) throw new Error('There is no dist/: run `npm run build` first.');
  rmSync(out, { recursive: true, force: true });
  const [overview, ...texts] = pagesOf(root);
  const pages = [overview, reference, ...texts];
  writeLooks();
  writeTexts(pages);
  await writeReference(pages);
  const broken = brokenLinks(dist, out);
  if (broken.length > 0) throw new Error(`Links that lead nowhere:\n  ${broken.join('\n  ')}`);
  console.log(`dist/docs/ holds ${filesBelow(out).filter((name) => name.endsWith('.html')).length} pages.`);
}

try {
  await main();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
