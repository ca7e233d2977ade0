import { openAsBlob } from 'node:fs';
import { join } from 'node:path';
import { createServer } from 'vite';
import { create, globals } from 'webgpu';
import { findVulkan } from './vulkan.ts';

/** The engine's sources in Node, on Dawn or on the CPU, with the bundled model: what checks by hand work with. */
export const root = join(import.meta.dirname, '..');
const folder = join(root, 'public/models/tiny-tales');
const names = ['config.json', 'generation_config.json', 'vocab.json', 'merges.txt', 'model.safetensors'];

/**
 * Runs `work` with `load(dtype, backend)`, which gives the bundled model standing in this thread. Ends the process:
 * Dawn would keep it alive.
 */
export async function withEngine(work) {
  const { driver } = await findVulkan();
  if (driver) process.env.VK_ICD_FILENAMES = driver;
  Object.assign(globalThis, globals);
  const navigator = { ...globalThis.navigator, gpu: create([]) };
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
  const server = await createServer({
    root,
    logLevel: 'error',
    server: { middlewareMode: true, watch: null, hmr: false, ws: false },
    optimizeDeps: { noDiscovery: true },
  });
  try {
    const { loadHere } = await server.ssrLoadModule('/src/engine/index.ts');
    const files = await Promise.all(
      names.map(async (name) => new File([await openAsBlob(join(folder, name))], name)),
    );
    await work(async (dtype, backend) => (await loadHere(files, { backend, dtype, cache: false })).model);
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  } finally {
    await server.close();
  }
  process.exit();
}
