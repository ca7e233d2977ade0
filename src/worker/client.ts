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
import { loadRemote } from './remote-model.ts';
import { spawnWorker } from './spawn.ts';

let shared: Caller | undefined;

/** The worker of this page, started at the first call; undefined where workers cannot run. */
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
  const fail = (why: string) => {
    if (shared === caller) shared = undefined;
    worker.terminate();
    caller.fail(new VitrineError('network', `Vitrine's worker stopped: ${why}. Load the model again.`));
  };
  worker.onerror = (event) => {
    event.preventDefault();
    fail(event.message || 'its script did not load');
  };
  worker.onmessageerror = () => fail('one of its messages could not be read');
  shared = caller;
  return caller;
}

/** Starts the worker early, so that its code is there when the first call comes. */
export function startWorker(): void {
  sharedCaller();
}

/**
 * Runs a call in the worker, or in this thread where there is no worker. A worker may also end before its first answer,
 * because a policy of the page forbids it or a development server has moved its files: then this thread runs the call.
 */
async function workerOrLocal<T>(
  { worker, device }: Pick<LoadOptions, 'worker' | 'device'>,
  remote: (caller: Caller) => Promise<T>,
  local: (engine: typeof import('../engine/index.ts')) => Promise<T>,
): Promise<T> {
  const caller = worker === false || device ? undefined : sharedCaller();
  let failure: unknown;
  try {
    if (caller) return await remote(caller);
  } catch (error) {
    if (!caller?.neverResponded) throw error;
    failure = error;
  }
  const engine = await import('../engine/index.ts').catch((cause: unknown) => {
    throw (
      failure ??
      new VitrineError('network', "Vitrine's engine could not be fetched. Load the model again.", { cause })
    );
  });
  return local(engine);
}

const withBase = <Options extends SentLoadOptions>(options: Options): Options => ({
  ...options,
  bundledBase: options.bundledBase ?? defaultBase(),
});

function sendable(options: LoadOptions): SentLoadOptions {
  const { signal: _signal, onProgress: _progress, device: _device, worker: _worker, ...rest } = options;
  return withBase(rest);
}

/**
 * Loads a model, in a worker where there are workers, and compiles what the first tokens need.
 * @throws VitrineError
 */
export function loadModel(source: ModelSource, options: LoadOptions = {}): Promise<Model> {
  return workerOrLocal(
    options,
    (caller) => loadRemote(caller, source, sendable(options), options),
    (engine) => engine.createLocalEngine().loadModel(source, withBase(options)),
  );
}

export function createEngine(): Engine {
  return { loadModel };
}

/** Models in the browser's storage, whole or in part. */
export async function listCached(): Promise<CachedModel[]> {
  return (await import('../weights/index.ts')).listCached();
}

/** Removes all revisions of a model from the browser's storage. */
export async function deleteCached(id: string): Promise<void> {
  await (await import('../weights/index.ts')).deleteCached(id);
}

/** Memory a model would need on this device, from its config and headers: no weights are fetched. */
export function planMemory(source: ModelSource, options: LoadOptions = {}): Promise<MemoryPlan> {
  const { signal } = options;
  return workerOrLocal(
    options,
    (caller) => caller.call('planMemory', { source, options: sendable(options) }, { signal }),
    (engine) => engine.planMemoryHere(source, withBase(options)),
  );
}

/** Runs the bundled model on this device and compares its logits and greedy tokens with PyTorch's. */
export function selfCheck(options: LoadOptions = {}): Promise<SelfCheckReport> {
  const { signal } = options;
  return workerOrLocal(
    options,
    (caller) => caller.call('selfCheck', { options: sendable(options) }, { signal }),
    (engine) => engine.selfCheckHere(withBase(options)),
  );
}
