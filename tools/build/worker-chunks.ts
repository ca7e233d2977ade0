import { dirname, resolve } from 'node:path';
import type { Plugin } from 'vite';

const pattern = /new URL\((\s*\/\* @vite-ignore \*\/\s*)?'(\.\/[^']+\.ts)', import\.meta\.url\)/g;

/**
 * Builds `new URL('./x.ts', import.meta.url)` as one more entry of the same build, under the file name given for x. Vite would bundle a worker apart, with
 * a second copy of all that the page's thread shares with it. The address stays `new URL('…', import.meta.url)` in the
 * output, the form in which other bundlers find a worker; one marked `@vite-ignore` takes a form they leave alone.
 */
export function workerChunks(fileNames: Readonly<Record<string, string>>): Plugin {
  const ignored = new Set<string>();
  return {
    name: 'worker-chunks',
    enforce: 'pre',
    apply: 'build',
    transform(code, id) {
      if (!id.endsWith('.ts') || !code.includes('import.meta.url')) return undefined;
      return code.replace(pattern, (_, ignore: string | undefined, path: string) => {
        const fileName = fileNames[path];
        if (fileName === undefined) return this.error(`${path} has no file name in the build. Give it one.`);
        const reference = this.emitFile({ type: 'chunk', id: resolve(dirname(id), path), fileName });
        if (ignore) ignored.add(reference);
        return `import.meta.ROLLUP_FILE_URL_${reference}`;
      });
    },
    resolveFileUrl({ relativePath, referenceId }) {
      const address = relativePath.startsWith('.') ? relativePath : `./${relativePath}`;
      const base = ignored.has(referenceId ?? '') ? 'String(import.meta.url)' : 'import.meta.url';
      return `new URL('${address}', ${base})`;
    },
  };
}
