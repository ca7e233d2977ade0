import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

const folder = 'public/models/tiny-tales';
const files = ['config.json', 'model.safetensors', 'vocab.json', 'merges.txt'];

/** Gives the sources the bytes that a visitor fetches for the bundled model, as `import.meta.env.VITE_BUNDLED_BYTES`. */
export function bundledBytes(): Plugin {
  return {
    name: 'bundled-bytes',
    config() {
      const bytes = files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
      return { define: { 'import.meta.env.VITE_BUNDLED_BYTES': JSON.stringify(String(bytes)) } };
    },
  };
}
