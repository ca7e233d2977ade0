import { openAsBlob, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServer } from 'vite';
import { create, globals } from 'webgpu';
import type * as engine from '../src/engine/index.ts';
import { findVulkan } from './vulkan.ts';

/** The engine's sources in Node, on Dawn or on the CPU, with the bundled model: what checks by hand work with. */
const root = join(import.meta.dirname, '..');
const folder = join(root, 'public/models/tiny-tales');
const names = ['config.json', 'generation_config.json', 'vocab.json', 'merges.txt', 'model.safetensors'];

const dtypes: engine.WeightDtype[] = ['f32', 'f16', 'int8', 'int4'];

/** The reference's prompts of the bundled model, with the tokens that follow each. */
export function goldenPrompts(): { name: string; text: string; greedy_ids: number[] }[] {
  const text = readFileSync(join(root, 'test/golden/tiny-tales/reference.json'), 'utf8');
  return JSON.parse(text).prompts;
}

/** @throws Error for anything but `gpu` and `cpu`. */
export function parseBackend(text: string): 'gpu' | 'cpu' {
  if (text === 'gpu' || text === 'cpu') return text;
  throw new Error(`--backend ${text} is not gpu or cpu.`);
}

/** @throws Error naming the dtypes there are. */
export function parseDtype(text: string): engine.WeightDtype {
  const found = dtypes.find((dtype) => dtype === text);
  if (!found) throw new Error(`${text} is not one of ${dtypes.join(', ')}.`);
  return found;
}

export type LoadBundled = (
  dtype: engine.WeightDtype,
  backend: engine.LoadOptions['backend'],
) => Promise<engine.Model>;

/**
 * Runs `work` with `load(dtype, backend)`, which loads the bundled model in this thread. Ends the process:
 * Dawn would keep it alive.
 */
export async function withEngine(work: (load: LoadBundled) => Promise<void>): Promise<never> {
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
    const { loadHere } = (await server.ssrLoadModule('/src/engine/index.ts')) as typeof engine;
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
