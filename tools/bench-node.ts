import { openAsBlob, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createServer } from 'vite';
import { create, globals } from 'webgpu';
import type * as bench from '../bench/node.ts';

/** Runs the bench on Dawn in Node: the same engine and the same table as in the browser. */
Object.assign(globalThis, globals);
const gpu = create([]);
Object.defineProperty(globalThis, 'navigator', {
  value: { ...globalThis.navigator, gpu },
  configurable: true,
});

const folder = join(import.meta.dirname, '../public/models/tiny-tales');

async function bundled(): Promise<File[]> {
  const names = readdirSync(folder).filter((name) => /\.(json|txt|safetensors)$/.test(name));
  return Promise.all(names.map(async (name) => new File([await openAsBlob(join(folder, name))], name)));
}

const server = await createServer({
  root: join(import.meta.dirname, '..'),
  logLevel: 'error',
  server: { middlewareMode: true, watch: null, hmr: false },
  optimizeDeps: { noDiscovery: true },
});
try {
  const { main } = (await server.ssrLoadModule('/bench/node.ts')) as typeof bench;
  await main(process.argv.slice(2), bundled);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await server.close();
}
// Dawn keeps the process alive.
process.exit();
