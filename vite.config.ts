import { existsSync } from 'node:fs';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { partsOfSite } from './tools/bundle.mjs';
import { contentSecurityPolicy } from './tools/csp.mjs';
import { offline } from './tools/offline.mjs';
import { wgslPlugin } from './tools/wgsl.mjs';

const pages = ['index', 'embed', 'bench'].filter((name) => existsSync(`${name}.html`));

export default defineConfig({
  base: './',
  plugins: [react(), contentSecurityPolicy(), wgslPlugin(), ...partsOfSite({ worker: false }), offline()],
  server: { port: 5173, strictPort: true },
  preview: { port: 4173, strictPort: true },
  worker: { format: 'es', plugins: () => [wgslPlugin(), ...partsOfSite({ worker: true })] },
  build: {
    target: 'es2022',
    rollupOptions: { input: Object.fromEntries(pages.map((name) => [name, `${name}.html`])) },
  },
});
