import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { bundledBytes } from './tools/build/bundled-bytes.ts';
import { contentSecurityPolicy } from './tools/build/csp.ts';
import { entries, programs } from './tools/build/entries.ts';
import { offline } from './tools/build/offline.ts';
import { pagesApart } from './tools/build/pages-apart.ts';
import { plainImports } from './tools/build/plain-imports.ts';
import { stripKernels } from './tools/build/wgsl.ts';
import { workerChunks } from './tools/build/worker-chunks.ts';

const kept = { ...entries, ...programs };

const pages = {
  'page-index': 'index.html',
  'page-embed': 'embed.html',
  'page-bench': 'bench.html',
  'page-device': 'device.html',
};

/** The component uses the React of the page it is on; the site brings its own. */
function isExternal(id: string, importer: string | undefined): boolean {
  if (id === 'react') return importer?.includes('/src/react/') ?? false;
  return id === 'webgpu' || id.startsWith('node:');
}

/** One build makes pages, library, element and worker; what they share is in chunks of `dist/assets/`. */
export default defineConfig({
  base: './',
  plugins: [
    react(),
    bundledBytes(),
    contentSecurityPolicy(),
    stripKernels(),
    workerChunks({ './entry.ts': 'vitrine-worker.js', './store-worker.ts': 'vitrine-store-worker.js' }),
    plainImports(),
    pagesApart(Object.keys(pages)),
    offline(),
  ],
  server: { port: 5173, strictPort: true },
  preview: { port: 4173, strictPort: true },
  build: {
    target: 'es2022',
    modulePreload: false,
    manifest: true,
    rolldownOptions: {
      input: { ...pages, ...kept },
      preserveEntrySignatures: 'allow-extension',
      external: isExternal,
      output: {
        entryFileNames: ({ name }) => (name in kept ? '[name].js' : 'assets/[name]-[hash].js'),
        codeSplitting: {
          // Fewer and larger files than by default: a page fetches the worker's part in two steps.
          groups: [
            // First: a group takes what its modules import too.
            { name: 'lib', test: /\/src\/lib\/(?!wasm|module-worker)|preload-helper/ },
            // The embed reads the options before it is activated; the page keeps its part of a model that runs in the worker.
            {
              name: 'options',
              test: /\/src\/(generation\/(options|option-spellings)|sampling\/options)\.ts$/,
            },
            {
              name: 'loaded-model',
              test: /\/src\/(engine\/page\/|generation\/(sequence-text|same-vocabulary)\.ts)/,
            },
            // The element whole: what comes after activation shares some of it.
            {
              name: 'demo',
              test: /\/src\/embed\/(alternatives|define|demo|library|options|progress|reflect|run|shared-models|style|view)\.ts$/,
            },
            {
              name: 'common',
              test: /\/src\/sampling\/|\/(source|known-models)\.ts$|\/idb-keyval\/|\/lib\/module-worker/,
            },
            // Of their own, so that the store's worker need not fetch the engine.
            { name: 'store', test: /\/src\/weights\/cache\/(chunk-files|digest|sha256)\.ts$/ },
            { name: 'hash', test: /\/src\/weights\/cache\/(hash|sha256-.+)\.ts$|\/lib\/wasm-assembler/ },
            {
              name: 'engine',
              tags: ['$initial'],
              test: /\/src\/(gpu|shaders\/(?!extras|dry|constrain|sample\/statistics)|model|runtime|generation|engine|weights\/(?!cache\/(store-worker|serve-store|chunk-writer|chunk-file-reader)\.ts))/,
            },
            // Come only when asked for, though the page of the device test imports them at once.
            { name: 'extras', test: /\/src\/shaders\/(extras|dry|constrain|sample\/statistics)/ },
            { name: 'constraint', test: /\/src\/constraint\// },
          ],
        },
      },
    },
  },
});
