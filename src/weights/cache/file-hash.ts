import { startModuleWorker, VitrineError } from '../../lib/index.ts';
import { detachBuffer } from '../detach-buffer.ts';
import { startHash } from './digest.ts';
import type { HashAnswer, HashRequest } from './hash-worker.ts';
import type { Sha256 } from './sha256.ts';

/** SHA-256 of a file whose bytes come one piece after the other. */
export interface FileHash {
  /** Takes the bytes over: the array is empty afterwards where the platform can transfer it. */
  update(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  digest(): Promise<Uint8Array<ArrayBuffer>>;
  /** Ends the hash, finished or not. */
  close(): void;
}

/** Hashes in a worker, beside this thread; in this thread where no worker can be started. */
export function startFileHash(): FileHash {
  const worker = spawn();
  return worker ? new WorkerHash(worker) : new HashHere();
}

function spawn(): Worker | undefined {
  if (typeof Worker === 'undefined') return undefined;
  try {
    return startModuleWorker(
      new URL(/* @vite-ignore */ './hash-worker.ts', import.meta.url),
      'vitrine-hash',
      () =>
        new Worker(new URL('./hash-worker.ts', import.meta.url), { type: 'module', name: 'vitrine-hash' }),
    );
  } catch {
    return undefined;
  }
}

class HashHere implements FileHash {
  private readonly hash: Sha256 = startHash();

  async update(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.hash.update(bytes);
    detachBuffer(bytes);
  }

  async digest(): Promise<Uint8Array<ArrayBuffer>> {
    return this.hash.digest();
  }

  close(): void {}
}

/** Pieces that may wait for the worker. */
const mostWaiting = 2;

class WorkerHash implements FileHash {
  private waiting = 0;
  private wake: (() => void) | undefined;
  private failed = false;
  private answer: Uint8Array<ArrayBuffer> | undefined;
  private instead: HashHere | undefined;
  /** False when the page's policy forbids the worker. */
  private readonly ready: Promise<boolean>;

  constructor(private readonly worker: Worker) {
    this.ready = new Promise((resolve) => {
      worker.onmessage = ({ data }: MessageEvent<HashAnswer>) => {
        if (data === 'ready') resolve(true);
        else if (data === 'hashed') this.waiting -= 1;
        else this.answer = data;
        this.wake?.();
      };
      worker.onerror = (event) => {
        event.preventDefault();
        this.failed = true;
        resolve(false);
        this.wake?.();
      };
    });
  }

  async update(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (!(await this.ready)) {
      this.instead ??= new HashHere();
      return this.instead.update(bytes);
    }
    await this.until(() => this.waiting < mostWaiting);
    this.waiting += 1;
    // A view does not own its buffer.
    const own = bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
    this.worker.postMessage(own satisfies HashRequest, [own.buffer]);
  }

  async digest(): Promise<Uint8Array<ArrayBuffer>> {
    if (!(await this.ready)) return (this.instead ?? new HashHere()).digest();
    this.worker.postMessage('digest' satisfies HashRequest);
    await this.until(() => this.answer !== undefined);
    return this.answer as Uint8Array<ArrayBuffer>;
  }

  private async until(met: () => boolean): Promise<void> {
    while (!met()) {
      if (this.failed)
        throw new VitrineError(
          'integrity',
          'The worker that verifies what is downloaded has stopped. Load the model again.',
        );
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  close(): void {
    this.worker.terminate();
    this.failed = true;
    this.wake?.();
  }
}
