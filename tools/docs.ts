import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Application } from 'typedoc';
import { build } from 'vitepress';
import { brokenLinks, htmlBelow } from './docs/broken-links.ts';
import { pagesOf, textOf } from './docs/pages.ts';

/**
 * `npm run docs`, after `npm run build`: the project's texts and the library's reference as a VitePress site in `dist/docs/`,
 * with live demos. Fails on a link that leads nowhere.
 */
const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const texts = join(root, '.cache/docs');

function writeTexts(): void {
  const pages = pagesOf(root);
  for (const { source, file } of pages)
    if (source) writeFileSync(join(texts, file.replace(/\.html$/, '.md')), textOf(root, source, pages));
  cpSync(join(root, 'docs/images'), join(texts, 'images'), { recursive: true });
}

const documented = [
  'src/index.ts',
  'src/embed/element.ts',
  'src/node/index.ts',
  'src/openai/index.ts',
  'src/remote/index.ts',
].map((file) => join(root, file));

/** A program of what is documented and what it imports: the project's own holds all tests and tools as well. */
function writeConfig(): string {
  const file = join(texts, 'tsconfig.json');
  writeFileSync(
    file,
    JSON.stringify({ extends: join(root, 'tsconfig.json'), include: [], files: documented }),
  );
  return file;
}

/** The reference by TypeDoc, as Markdown for the same site. */
async function writeReference(): Promise<void> {
  const folder = join(texts, 'api');
  const app = await Application.bootstrapWithPlugins({
    entryPoints: documented,
    tsconfig: writeConfig(),
    plugin: ['typedoc-plugin-markdown'],
    outputs: [{ name: 'markdown', path: folder }],
    entryFileName: 'index.md',
    cleanOutputDir: false,
    readme: 'none',
    // Types are checked by `npm run check:types`.
    skipErrorChecking: true,
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
  } as Parameters<typeof Application.bootstrapWithPlugins>[0]);
  const project = await app.convert();
  if (!project) throw new Error('TypeDoc could not read src/index.ts.');
  await app.generateOutputs(project);
}

async function main(): Promise<void> {
  if (!existsSync(join(dist, 'embed.js'))) throw new Error('There is no dist/: run `npm run build` first.');
  rmSync(texts, { recursive: true, force: true });
  mkdirSync(texts, { recursive: true });
  writeTexts();
  await writeReference();
  await build(join(root, 'tools/docs'));
  const broken = brokenLinks(dist, join(dist, 'docs'));
  if (broken.length > 0) throw new Error(`Links that lead nowhere:\n  ${broken.join('\n  ')}`);
  console.log(`dist/docs/ holds ${htmlBelow(join(dist, 'docs')).length} pages.`);
}

await main();
