import type {
  Engine,
  LoadOptions,
  MemoryPlan,
  Model,
  ModelSource,
  SelfCheckReport,
} from '../engine/index.ts';
import { VitrineError } from '../lib/index.ts';
import type { CachedModel } from '../weights/index.ts';
import { defaultBase } from './base.ts';
import { Caller } from './caller.ts';
import type { Request, Response, SentLoadOptions } from './protocol.ts';
import { RemoteModel } from './remote-model.ts';
import { spawnWorker } from './spawn.ts';

/** The engine in this thread: its code arrives only where it is needed, mostly it runs in the worker. */
const here = () => import('./engine.ts');

let shared: Caller | undefined;

/** The one worker of this thread, started at the first call; undefined where workers cannot run. */
function sharedCaller(): Caller | undefined {
  if (shared) return shared;
  const worker = spawnWorker();
  if (!worker) return undefined;
  const caller = new Caller({
    post: (message: Request, transfer: Transferable[] = []) => worker.postMessage(message, transfer),
    listen: (take: (message: Response) => void) => {
      worker.onmessage = ({ data }: MessageEvent<Response>) => take(data);
    },
  });
  const stopped = (why: string) => {
    if (shared === caller) shared = undefined;
    worker.terminate();
    caller.fail(new VitrineError('network', `Vitrine's worker stopped: ${why}. Load the model again.`));
  };
  worker.onerror = (event) => {
    event.preventDefault();
    stopped(event.message || 'its script did not load');
  };
  worker.onmessageerror = () => stopped('a message of it could not be read');
  shared = caller;
  return caller;
}

/** Starts the worker before anything is asked of it, so that its code is there when something is. */
export function startWorker(): void {
  sharedCaller();
}

function inWorker(options: LoadOptions): Caller | undefined {
  return options.worker === false || options.device ? undefined : sharedCaller();
}

function sent(options: LoadOptions): SentLoadOptions {
  const { signal: _signal, onProgress: _progress, device: _device, worker: _worker, ...rest } = options;
  return { ...rest, bundledBase: rest.bundledBase ?? defaultBase() };
}

/**
 * Loads a model and makes it ready to generate, in a worker where there are workers.
 * @throws VitrineError
 */
export async function loadModel(source: ModelSource, options: LoadOptions = {}): Promise<Model> {
  const caller = inWorker(options);
  if (!caller)
    return (await here()).createLocalEngine().loadModel(source, {
      ...options,
      bundledBase: options.bundledBase ?? defaultBase(),
    });
  const { signal, onProgress } = options;
  const arriving = import('../tokenizer/index.ts');
  // Awaited below; when the load fails nobody asks for it.
  arriving.catch(() => {});
  const record = await caller.call('load', { source, options: sent(options) }, { signal, onProgress });
  const { createTokenizer } = await arriving;
  return new RemoteModel(
    caller,
    record,
    await createTokenizer(record.tokenizer, { vocabSize: record.config.vocabSize }),
  );
}

export function createEngine(): Engine {
  return { loadModel };
}

/** Models in the browser's storage, whole or in part. */
export async function listCached(): Promise<CachedModel[]> {
  const caller = sharedCaller();
  return caller ? caller.call('listCached', {}) : (await here()).listCached();
}

/** Removes a model from the browser's storage, all revisions of it. */
export async function deleteCached(id: string): Promise<void> {
  const caller = sharedCaller();
  return caller ? caller.call('deleteCached', { id }) : (await here()).deleteCached(id);
}

/** What a model would take on this device, from its config and headers: no weight byte is fetched. */
export async function planMemory(source: ModelSource, options: LoadOptions = {}): Promise<MemoryPlan> {
  const { signal } = options;
  const caller = inWorker(options);
  if (!caller)
    return (await here()).planMemoryHere(source, {
      ...options,
      bundledBase: options.bundledBase ?? defaultBase(),
    });
  return caller.call('planMemory', { source, options: sent(options) }, { signal });
}

/** Runs the stored prompts of the bundled model on this device and compares with the stored answers. */
export async function selfCheck(options: LoadOptions = {}): Promise<SelfCheckReport> {
  const { signal } = options;
  const caller = inWorker(options);
  if (!caller)
    return (await here()).selfCheckHere({ ...options, bundledBase: options.bundledBase ?? defaultBase() });
  return caller.call('selfCheck', { options: sent(options) }, { signal });
}
