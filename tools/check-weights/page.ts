import { build } from 'vite';
import type { CachedModel } from '../../src/weights/index.ts';

export const id = 'check/gpt2-shaped';
export const weights = 'model.safetensors';

/** One load, as the page saw it. */
interface Loaded {
  ms: number;
  /** Bytes that were written to the sink, and how many of them were masks. */
  sink: { bytes: number; masks: number };
  notice?: string;
  last: { loadedBytes: number; fromCache?: boolean };
}

declare global {
  interface Window {
    weightCheck: {
      weights: { listCached(): Promise<CachedModel[]>; deleteCached(id: string): Promise<void> };
      seen: { loadedBytes: number };
      load(options: { hub: string }): Promise<Loaded>;
      /** Reads the stored chunks of a model and does nothing else. */
      bareRead(model: string, count: number): Promise<{ ms: number; bytes: number }>;
    };
  }
}

export const page = `<!doctype html><meta charset="utf-8"><title>check</title><script type="module">
import * as weights from './weights.js';
const check = { weights, seen: { loadedBytes: 0 } };
check.load = async (options) => {
  const sink = { bytes: 0, masks: 0 };
  let notice;
  const start = performance.now();
  const checkpoint = await weights.openCheckpoint('${id}', { ...options, onProgress(p) {
    if (p.phase === 'weights') check.seen = p;
    notice = p.notice ?? notice;
  } });
  await checkpoint.stream((tensor) => !/attn\\.(masked_)?bias$/.test(tensor.name), {
    write(tensor, offset, bytes) {
      sink.bytes += bytes.length;
      if (tensor.name.endsWith('attn.bias')) sink.masks += bytes.length;
    },
  });
  checkpoint.close();
  return { ms: performance.now() - start, sink, notice, last: check.seen };
};
check.bareRead = async (model, count) => {
  const open = indexedDB.open('vitrine-models');
  const db = await new Promise((resolve, reject) => { open.onsuccess = () => resolve(open.result); open.onerror = reject; });
  const start = performance.now();
  let bytes = 0;
  for (let i = 0; i < count; i++) {
    const get = db.transaction('entries').objectStore('entries').get(['chunk', model, '${weights}', i]);
    bytes += (await new Promise((resolve, reject) => { get.onsuccess = () => resolve(get.result); get.onerror = reject; })).length;
  }
  const ms = performance.now() - start;
  db.close();
  return { ms, bytes };
};
window.weightCheck = check;
</script>`;

/** Source of the weights' loader, for the page. */
export async function bundle(): Promise<string> {
  const output = await build({
    configFile: false,
    logLevel: 'error',
    build: { write: false, lib: { entry: 'src/weights/index.ts', formats: ['es'], fileName: 'weights' } },
  });
  const [chunk] = Array.isArray(output) ? (output[0]?.output ?? []) : [];
  if (chunk?.type !== 'chunk') throw new Error('The bundle has no code.');
  return chunk.code;
}
