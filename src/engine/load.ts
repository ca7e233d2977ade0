import { defined, VitrineError } from '../lib/index.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import {
  type Checkpoint,
  type ModelSource,
  type OpenOptions,
  openCheckpoint,
  type TokenizerTexts,
} from '../weights/index.ts';
import { createRuntime } from './create-runtime.ts';
import { EngineModel } from './engine-model.ts';
import type { LoadOptions } from './load-options.ts';
import { type MemoryPlan, planFor, probeAdapter, waitForAdapter } from './memory-plan.ts';
import type { Engine, Model } from './model.ts';
import { describeModel } from './model-card.ts';
import { LoadedModel, type TokenizerFacts, tokenizerFacts } from './page/index.ts';
import { reportPhase } from './report-phase.ts';
import { resolveCheckpoint } from './resolved-checkpoint.ts';
import { type LoadedRuntime, Session } from './session.ts';

/** Creates the tokenizer of a checkpoint, in this thread or another. */
export type CreateTokenizer = (files: TokenizerTexts, vocabSize: number) => Promise<TokenizerFacts>;

/**
 * Loads a model in this thread. Config and headers are checked before the device is opened and weights are fetched.
 * @throws VitrineError of the failed step; no device and no lock is left behind.
 */
export async function loadHere(
  source: ModelSource,
  options: LoadOptions = {},
): Promise<{ model: LoadedModel }> {
  let tokenizer: Tokenizer | undefined;
  const model = await loadIdModel(source, options, async (files, vocabSize) => {
    tokenizer = await createTokenizerHere(files, vocabSize);
    return tokenizerFacts(tokenizer);
  });
  return { model: new LoadedModel(model, defined(tokenizer, 'the tokenizer of a loaded model')) };
}

/**
 * Loads the part of a model that works with ids. The tokenizer is created meanwhile, by `create`.
 * @throws VitrineError as {@link loadHere}
 */
export async function loadIdModel(
  source: ModelSource,
  options: LoadOptions,
  create: CreateTokenizer,
): Promise<EngineModel> {
  const checkpoint = await openCheckpoint(source, openOptions(options));
  try {
    const resolved = resolveCheckpoint(checkpoint);
    const { vocabSize } = resolved.config;
    const [loaded, facts] = await together(options.signal, (signal) => [
      createRuntime(resolved, { ...options, signal }),
      create(checkpoint.tokenizer, vocabSize),
    ]);
    const card = describeModel(resolved, facts);
    reportPhase(options.onProgress, checkpoint, 'ready', card.notices);
    const { config } = resolveCheckpoint(checkpoint, facts.eosTokenId);
    // After a device loss, load the same revision again, from the cache where possible.
    const again = pinned(source, checkpoint);
    const session = new Session(loaded, () => reload(again, options));
    const { id, revision, tokenizer: files } = checkpoint;
    const createTokenizer = () => createTokenizerHere(files, vocabSize);
    return new EngineModel(id, revision, config, session, createTokenizer, card);
  } finally {
    checkpoint.close();
  }
}

async function createTokenizerHere(files: TokenizerTexts, vocabSize: number): Promise<Tokenizer> {
  const { createTokenizer } = await import('../tokenizer/index.ts');
  return createTokenizer(files, { vocabSize });
}

/** Runs a load and the creation of its tokenizer side by side. If one fails, the other is aborted and left behind. */
async function together(
  signal: AbortSignal | undefined,
  start: (signal: AbortSignal) => [Promise<LoadedRuntime>, Promise<TokenizerFacts>],
): Promise<[LoadedRuntime, TokenizerFacts]> {
  const control = new AbortController();
  const abort = () => control.abort(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const [runtime, tokenizer] = start(control.signal);
    let failure: unknown;
    const facts = tokenizer.catch((error: unknown) => {
      failure = error;
      control.abort(error);
      return undefined;
    });
    const loaded = await runtime.catch(async (error: unknown) => {
      throw failure ?? error;
    });
    const found = await facts;
    if (found) return [loaded, found];
    loaded.runtime.dispose();
    throw failure;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

/** Loads the weights again, onto a new device. */
async function reload(source: ModelSource, options: LoadOptions): Promise<LoadedRuntime> {
  if (!options.device) await waitForAdapter();
  const checkpoint = await openCheckpoint(source, openOptions({ ...options, signal: undefined }));
  try {
    return await createRuntime(resolveCheckpoint(checkpoint), { ...options, signal: undefined });
  } finally {
    checkpoint.close();
  }
}

function openOptions(options: LoadOptions): OpenOptions {
  const { hub, token, cache, bundledBase, nanoGptGelu, baseModel, signal, onProgress, transport } = options;
  const common = { hub, token, cache, bundledBase, nanoGptGelu, baseModel, signal, onProgress, transport };
  return { ...common, keepBase: true };
}

const commit = /^[0-9a-f]{40}$/;

/** The source with its revision replaced by the commit that was loaded, where it has one. */
function pinned(source: ModelSource, checkpoint: Checkpoint): ModelSource {
  const named = typeof source === 'string' && /^[^:/]+\/[^:/]+$/.test(source);
  return named && commit.test(checkpoint.revision) ? `${checkpoint.id}@${checkpoint.revision}` : source;
}

/** Bytes the model would need in each dtype, from config and headers alone. */
export async function planMemoryHere(source: ModelSource, options: LoadOptions = {}): Promise<MemoryPlan> {
  const checkpoint = await openCheckpoint(source, openOptions(options));
  try {
    const adapter = options.backend === 'cpu' ? null : await probeAdapter();
    return planFor(resolveCheckpoint(checkpoint), adapter);
  } finally {
    checkpoint.close();
  }
}

/** The engine of this thread. */
export function createLocalEngine(): Engine {
  return {
    async loadModel(source: ModelSource, options?: LoadOptions): Promise<Model> {
      if (source === undefined || source === null)
        throw new VitrineError(
          'invalid-argument',
          'No model was named. Pass a repository id, a URL or files.',
        );
      return (await loadHere(source, options)).model;
    },
  };
}
