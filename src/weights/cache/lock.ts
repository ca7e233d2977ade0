import { aborted } from '../repositories/http.ts';

const queues = new Map<string, Promise<void>>();

/**
 * Runs a task under an exclusive lock, shared by all tabs of this origin.
 * `onWait` is called when the lock is already held. Where locks are denied, the task runs without one.
 */
export async function withLock<T>(
  name: string,
  signal: AbortSignal,
  onWait: () => void,
  task: () => Promise<T>,
): Promise<T> {
  const locks = lockManager();
  if (!locks) return inThisRealm(name, signal, onWait, task);
  let result: { value: T } | undefined;
  const run = async () => {
    result = { value: await task() };
  };
  let busy = false;
  try {
    await locks.request(name, { ifAvailable: true }, (lock) => {
      busy = lock === null;
      return lock ? run() : undefined;
    });
    if (busy) {
      onWait();
      await locks.request(name, { signal }, run);
    }
  } catch (error) {
    if (signal.aborted) throw aborted(signal);
    // Locks may be denied in a third-party frame; storage is denied there too, so nothing needs a guard.
    if (!result && error instanceof DOMException && error.name === 'SecurityError') return task();
    throw error;
  }
  return (result as unknown as { value: T }).value;
}

function lockManager(): LockManager | undefined {
  try {
    return (globalThis.navigator as Navigator | undefined)?.locks;
  } catch {
    return undefined;
  }
}

async function inThisRealm<T>(
  name: string,
  signal: AbortSignal,
  onWait: () => void,
  task: () => Promise<T>,
): Promise<T> {
  const before = queues.get(name);
  let release = () => {};
  const mine = new Promise<void>((resolve) => {
    release = resolve;
  });
  const tail = (before ?? Promise.resolve()).then(() => mine);
  queues.set(name, tail);
  try {
    if (before) {
      onWait();
      await orAborted(before, signal);
    }
    return await task();
  } finally {
    release();
    if (queues.get(name) === tail) queues.delete(name);
  }
}

function orAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(aborted(signal));
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    promise.then(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, reject);
  });
}
