import { startModuleWorker } from '../../lib/index.ts';
import type { StoreCalls, StoreReply, StoreRequest } from './store-calls.ts';

/** Address of the worker's script; the comment keeps other bundlers from taking it for a file. */
const script = () => new URL(/* @vite-ignore */ './store-worker.ts', import.meta.url);

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** The worker of one load, which hashes and stores the chunks that the load has used, and reads stored ones. */
export class StoreThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #calls = 0;
  #writes = false;
  #dead: Error | undefined;

  /** Undefined where no worker can be started (Node, some policies). */
  static async start(): Promise<StoreThread | undefined> {
    if (typeof Worker === 'undefined') return undefined;
    let thread: StoreThread | undefined;
    try {
      thread = new StoreThread(
        startModuleWorker(
          script(),
          'vitrine-store',
          () =>
            new Worker(new URL('./store-worker.ts', import.meta.url), {
              type: 'module',
              name: 'vitrine-store',
            }),
        ),
      );
      thread.#writes = await thread.call('canWrite', undefined);
      return thread;
    } catch {
      // The load then hashes and stores in its own thread.
      thread?.stop();
      return undefined;
    }
  }

  /** Whether it can write into files. */
  get writes(): boolean {
    return this.#writes;
  }

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<StoreReply>) => this.#settle(data);
    worker.onerror = () => this.#die(new Error('The worker of the store has ended.'));
  }

  call<K extends keyof StoreCalls>(
    name: K,
    value: Parameters<StoreCalls[K]>[0],
    transfer: Transferable[] = [],
  ): ReturnType<StoreCalls[K]> {
    return new Promise<unknown>((resolve, reject) => {
      if (this.#dead) return reject(this.#dead);
      const id = this.#calls++;
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, name, value } satisfies StoreRequest, transfer);
    }) as ReturnType<StoreCalls[K]>;
  }

  /** Ends the worker, and the locks on the files that it has open. */
  stop(): void {
    this.#worker.terminate();
    this.#die(new Error('The worker of the store was stopped.'));
  }

  #settle({ id, value, error }: StoreReply): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error) waiting?.reject(new DOMException(error.message, error.name));
    else waiting?.resolve(value);
  }

  #die(error: Error): void {
    this.#dead ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#dead);
    this.#waiting.clear();
  }
}
