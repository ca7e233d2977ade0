import { build } from 'vite';
import type { CachedModel } from '../../src/weights/index.ts';
import { workerChunks } from '../build/worker-chunks.ts';

export const id = 'check/gpt2-shaped';
/** A smaller one, whose digest is promised, for the comparison with a bare download. */
export const smallId = 'check/gpt2-small-shaped';
export const weights = 'model.safetensors';
/** A nanoGPT checkpoint with its optimizer. */
export const nanoGptId = 'check/nanogpt-shaped';

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
      load(options: { hub: string; id?: string }): Promise<Loaded>;
      /** Loads a model for the CPU engine and drops it. */
      loadOnCpu(id: string, options: { hub: string }): Promise<{ ms: number; fromCache: boolean }>;
      /** Fetches a file as one stream and drops it. */
      fetchAndDrop(url: string): Promise<{ ms: number; bytes: number }>;
      /** Reads the chunks of a stored model's weights and does nothing else. */
      bareRead(model: string, bytes: number): Promise<{ ms: number; bytes: number }>;
      /** Writes as many bytes into a database of their own, untimed, reads them, and deletes them. */
      bareDatabaseRead(bytes: number): Promise<{ ms: number; bytes: number }>;
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
  const checkpoint = await weights.openCheckpoint(options.id ?? '${id}', { ...options, onProgress(p) {
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
check.loadOnCpu = async (id, options) => {
  let fromCache = false;
  const start = performance.now();
  const checkpoint = await weights.openCheckpoint(id, { ...options, onProgress(p) { fromCache = p.fromCache; } });
  const { runtime } = await weights.createCpuRuntime(weights.resolveCheckpoint(checkpoint));
  const ms = performance.now() - start;
  runtime.dispose();
  checkpoint.close();
  return { ms, fromCache };
};
check.fetchAndDrop = async (url) => {
  const start = performance.now();
  let bytes = 0;
  const reader = (await fetch(url, { cache: 'no-store' })).body.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) bytes += next.value.length;
  return { ms: performance.now() - start, bytes };
};
const step = 4 * 2 ** 20;
check.bareRead = async (model, total) => {
  const start = performance.now();
  let bytes = 0;
  for (let at = 0; at < total; at += step)
    bytes += (await weights.readChunkFile(model, '${weights}', at, Math.min(total, at + step))).length;
  return { ms: performance.now() - start, bytes };
};
const done = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});
check.bareDatabaseRead = async (total) => {
  const opening = indexedDB.open('bare');
  opening.onupgradeneeded = () => opening.result.createObjectStore('chunks');
  const db = await done(opening);
  const lengths = Array.from({ length: Math.ceil(total / step) }, (_, i) => Math.min(step, total - i * step));
  const piece = crypto.getRandomValues(new Uint8Array(65536));
  for (const [i, length] of lengths.entries()) {
    const chunk = new Uint8Array(length);
    for (let at = 0; at < length; at += piece.length) chunk.set(piece.subarray(0, length - at), at);
    chunk[0] = i;
    await done(db.transaction('chunks', 'readwrite').objectStore('chunks').put(chunk, i));
  }
  const start = performance.now();
  let bytes = 0;
  for (const i of lengths.keys()) bytes += (await done(db.transaction('chunks').objectStore('chunks').get(i))).length;
  const ms = performance.now() - start;
  db.close();
  await done(indexedDB.deleteDatabase('bare'));
  return { ms, bytes };
};
window.weightCheck = check;
</script>`;

/** The scripts of the page, by name: the loader of weights and the CPU engine. */
export async function bundle(): Promise<Record<string, string>> {
  const output = await build({
    configFile: false,
    base: './',
    logLevel: 'error',
    plugins: [workerChunks({ './store-worker.ts': 'store-worker.js' })],
    build: {
      write: false,
      modulePreload: false,
      lib: { entry: 'tools/check-weights/entry.ts', formats: ['es'], fileName: 'weights' },
    },
  });
  const files = Array.isArray(output) ? (output[0]?.output ?? []) : [];
  return Object.fromEntries(
    files.flatMap((file) => (file.type === 'chunk' ? [[file.fileName, file.code]] : [])),
  );
}
