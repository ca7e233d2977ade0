/** Starts the worker, or gives undefined where module workers cannot run (Node, some frames). */
export function spawnWorker(): Worker | undefined {
  if (typeof Worker === 'undefined' || typeof document === 'undefined') return undefined;
  try {
    return new Worker(new URL('./entry.ts', import.meta.url), { type: 'module', name: 'vitrine' });
  } catch {
    return undefined;
  }
}
