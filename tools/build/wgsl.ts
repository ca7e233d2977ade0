import { readFileSync } from 'node:fs';
import type { Plugin } from 'vite';

/** WGSL without comments, indentation and empty lines. Lines and names stay, so that a driver's message can be followed. */
export function stripWgsl(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .split('\n')
    .map((line) => line.replace(/\/\/.*$/, '').trim())
    .filter((line) => line !== '')
    .join('\n');
}

/** Ships `import text from './x.wgsl?raw'` stripped. While developing, kernels keep their comments. */
export function stripKernels(): Plugin {
  return {
    name: 'strip-wgsl',
    enforce: 'pre',
    apply: 'build',
    load(id) {
      const [path = '', query] = id.split('?');
      if (query !== 'raw' || !path.endsWith('.wgsl')) return undefined;
      return `export default ${JSON.stringify(stripWgsl(readFileSync(path, 'utf8')))};`;
    },
  };
}
