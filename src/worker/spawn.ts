import { startModuleWorker } from '../lib/index.ts';

/**
 * Address of the worker's script, which is beside the library's entry. The comment keeps it from other bundlers: they
 * take the worker along where it is started, below.
 */
export const workerUrl = (): URL => new URL(/* @vite-ignore */ './entry.ts', import.meta.url);

/** Starts the worker, or returns undefined where module workers cannot run (Node, some frames). */
export function spawnWorker(): Worker | undefined {
  if (typeof Worker === 'undefined' || typeof document === 'undefined') return undefined;
  try {
    return startModuleWorker(
      workerUrl(),
      'vitrine',
      () => new Worker(new URL('./entry.ts', import.meta.url), { type: 'module', name: 'vitrine' }),
    );
  } catch {
    return undefined;
  }
}
