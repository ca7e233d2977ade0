/**
 * A worker's own script must come from the page's origin; what that script imports may come from anywhere. An address
 * that is no http address was written by a bundler, which knows better where the worker is.
 */
function ofAnotherOrigin({ protocol, origin }: URL): boolean {
  return protocol.startsWith('http') && origin !== location.origin;
}

function workerFromBlob(script: URL, name: string): Worker {
  const url = URL.createObjectURL(
    new Blob([`import ${JSON.stringify(script.href)};`], { type: 'text/javascript' }),
  );
  const worker = new Worker(url, { type: 'module', name });
  worker.addEventListener('message', () => URL.revokeObjectURL(url), { once: true });
  return worker;
}

/**
 * Starts a module worker, also one whose script is on another origin. `create` starts it from the page's own origin, in
 * the form in which bundlers find workers.
 * @throws where workers cannot be started
 */
export function startModuleWorker(script: URL, name: string, create: () => Worker): Worker {
  return ofAnotherOrigin(script) ? workerFromBlob(script, name) : create();
}
