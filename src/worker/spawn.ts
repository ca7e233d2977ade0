/**
 * Address of the worker's script, which is beside the library's entry. The comment keeps it from other bundlers: they
 * take the worker along where it is started, below.
 */
export const workerUrl = (): URL => new URL(/* @vite-ignore */ './entry.ts', import.meta.url);

/**
 * A worker's own script must come from the page's origin; what that script imports may come from anywhere. An address
 * that is no http address was written by a bundler, which knows better where the worker is.
 */
function ofAnotherOrigin({ protocol, origin }: URL): boolean {
  return protocol.startsWith('http') && origin !== location.origin;
}

function workerFromBlob(script: URL): Worker {
  const url = URL.createObjectURL(
    new Blob([`import ${JSON.stringify(script.href)};`], { type: 'text/javascript' }),
  );
  const worker = new Worker(url, { type: 'module', name: 'vitrine' });
  worker.addEventListener('message', () => URL.revokeObjectURL(url), { once: true });
  return worker;
}

/** Starts the worker, or returns undefined where module workers cannot run (Node, some frames). */
export function spawnWorker(): Worker | undefined {
  if (typeof Worker === 'undefined' || typeof document === 'undefined') return undefined;
  try {
    const script = workerUrl();
    if (ofAnotherOrigin(script)) return workerFromBlob(script);
    return new Worker(new URL('./entry.ts', import.meta.url), { type: 'module', name: 'vitrine' });
  } catch {
    return undefined;
  }
}
