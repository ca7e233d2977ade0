import type { Plugin } from 'vite';

/**
 * Leaves `import()` as it is written. Vite wraps it in a helper that loads styles and reports to `window`, which a worker
 * and Node have not. The build fails if a part that is loaded lazily has styles of its own.
 */
export function plainImports(): Plugin {
  return {
    name: 'plain-imports',
    enforce: 'pre',
    apply: 'build',
    load(id) {
      return id === '\0vite/preload-helper.js' ? 'export const __vitePreload = (load) => load();' : undefined;
    },
    generateBundle(_, bundle) {
      for (const part of Object.values(bundle))
        if (part.type === 'chunk' && part.isDynamicEntry && part.viteMetadata?.importedCss.size)
          this.error(`${part.name} is loaded lazily and imports styles. Import them where the page begins.`);
    },
  };
}
