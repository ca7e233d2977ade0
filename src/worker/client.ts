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

/**
 * Asks the worker, and this thread where there is none. A worker may also end without a word, because a policy of the
 * page forbids it or a development server has moved its files: this thread then does without.
 */
async function wherever<T>(
  { worker, device }: Pick<LoadOptions, 'worker' | 'device'>,
  there: (caller: Caller) => Promise<T>,
  here: (engine: typeof import('../engine/index.ts')) => Promise<T>,
): Promise<T> {
  const caller = worker === false || device ? undefined : sharedCaller();
  let failed: unknown;
  try {
    if (caller) return await there(caller);
  } catch (error) {
    if (!caller?.mute) throw error;
    failed = error;
  }
  const engine = await import('../engine/index.ts').catch((cause: unknown) => {
    throw (
      failed ??
      new VitrineError('network', "Vitrine's engine could not be fetched. Load the model again.", { cause })
    );
  });
  return here(engine);
}

const inThread = (options: LoadOptions): LoadOptions => ({
  ...options,
  bundledBase: options.bundledBase ?? defaultBase(),
});

function sent(options: LoadOptions): SentLoadOptions {
  const { signal: _signal, onProgress: _progress, device: _device, worker: _worker, ...rest } = options;
  return { ...rest, bundledBase: rest.bundledBase ?? defaultBase() };
}

/**
 * Loads a model and makes it ready to generate, in a worker where there are workers.
 * @throws VitrineError
 */
export function loadModel(source: ModelSource, options: LoadOptions = {}): Promise<Model> {
  return wherever(
    options,
    (caller) => loadThere(caller, source, options),
    (engine) => engine.createLocalEngine().loadModel(source, inThread(options)),
  );
}

async function loadThere(caller: Caller, source: ModelSource, options: LoadOptions): Promise<Model> {
  const { signal, onProgress } = options;
  const arriving = import('../tokenizer/index.ts');
  // Awaited below; when the load fails nobody asks for it.
  arriving.catch(() => {});
  const record = await caller.call('load', { source, options: sent(options) }, { signal, onProgress });
  const { createTokenizer } = await arriving;
  const tokenizer = await createTokenizer(record.tokenizer, { vocabSize: record.config.vocabSize });
  return new RemoteModel(caller, record, tokenizer);
}

export function createEngine(): Engine {
  return { loadModel };
}

/** Models in the browser's storage, whole or in part. */
export function listCached(): Promise<CachedModel[]> {
  return wherever(
    {},
    (caller) => caller.call('listCached', {}),
    (engine) => engine.listCached(),
  );
}

/** Removes a model from the browser's storage, all revisions of it. */
export function deleteCached(id: string): Promise<void> {
  return wherever(
    {},
    (caller) => caller.call('deleteCached', { id }),
    (engine) => engine.deleteCached(id),
  );
}

/** What a model would take on this device, from its config and headers: no weight byte is fetched. */
export function planMemory(source: ModelSource, options: LoadOptions = {}): Promise<MemoryPlan> {
  const { signal } = options;
  return wherever(
    options,
    (caller) => caller.call('planMemory', { source, options: sent(options) }, { signal }),
    (engine) => engine.planMemoryHere(source, inThread(options)),
  );
}

/** Runs the stored prompts of the bundled model on this device and compares with the stored answers. */
export function selfCheck(options: LoadOptions = {}): Promise<SelfCheckReport> {
  const { signal } = options;
  return wherever(
    options,
    (caller) => caller.call('selfCheck', { options: sent(options) }, { signal }),
    (engine) => engine.selfCheckHere(inThread(options)),
  );
}
