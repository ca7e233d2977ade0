import type { Plugin, Rolldown } from 'vite';

/**
 * Fails the build where the library, the element or the worker would fetch the script of a page: a module that only a page
 * and one of them use can end in the page's own chunk, and importing that one starts the page.
 */
export function pagesApart(pages: readonly string[]): Plugin {
  return {
    name: 'pages-apart',
    generateBundle(_options, bundle) {
      const chunks = Object.values(bundle).filter((output) => output.type === 'chunk');
      const found = importOfPage(chunks, pages);
      if (found)
        this.error(
          `${found.importer} imports ${found.page}. Give the modules they share a group of their own.`,
        );
    },
  };
}

type Chunk = Pick<Rolldown.OutputChunk, 'fileName' | 'name' | 'isEntry' | 'imports' | 'dynamicImports'>;

/** The first import of a page's chunk by another chunk; undefined where there is none. */
export function importOfPage(
  chunks: readonly Chunk[],
  pages: readonly string[],
): { importer: string; page: string } | undefined {
  const pageFiles = new Set(
    chunks.filter(({ isEntry, name }) => isEntry && pages.includes(name)).map(({ fileName }) => fileName),
  );
  for (const { fileName: importer, imports, dynamicImports } of chunks) {
    const page = [...imports, ...dynamicImports].find((file) => pageFiles.has(file));
    if (page) return { importer, page };
  }
  return undefined;
}
