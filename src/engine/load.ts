import { VitrineError } from '../lib/index.ts';
import { checkVocabulary, parseConfig } from '../model/index.ts';
import { type Checkpoint, type ModelSource, type OpenOptions, openCheckpoint } from '../weights/index.ts';
import { createRuntime } from './create-runtime.ts';
import type { LoadOptions } from './load-options.ts';
import { LocalModel } from './local-model.ts';
import { type MemoryPlan, planFor, probeAdapter, waitForAdapter } from './memory-plan.ts';
import type { Engine, Model } from './model.ts';
import { resolveCheckpoint } from './resolved-checkpoint.ts';
import { Session } from './session.ts';

/** Loaded model plus the tokenizer files, from which another thread can create its own tokenizer. */
export interface Loaded {
  model: LocalModel;
  tokenizerTexts: Checkpoint['tokenizer'];
}

/**
 * Loads a model in this thread. Config and headers are checked before the device is opened and weights are fetched.
 * @throws VitrineError of the failed step; no device and no lock is left behind.
 */
export async function loadHere(source: ModelSource, options: LoadOptions = {}): Promise<Loaded> {
  const { loaded, resolved, tokenizer } = await open(source, options);
  const { checkpoint, config } = resolved;
  // After a device loss, load the same revision again, from the cache where possible.
  const again = pinned(source, checkpoint);
  const session = new Session(loaded, async () => {
    if (!options.device) await waitForAdapter();
    return (await open(again, { ...options, signal: undefined })).loaded;
  });
  const model = new LocalModel(checkpoint.id, checkpoint.revision, config, tokenizer, session);
  return { model, tokenizerTexts: checkpoint.tokenizer };
}

async function open(source: ModelSource, options: LoadOptions) {
  // The tokenizer's code is fetched while the checkpoint is opened. It is awaited below.
  const arriving = import('../tokenizer/index.ts');
  arriving.catch(() => {});
  const checkpoint = await openCheckpoint(source, openOptions(options));
  try {
    // A repository without a tokenizer gets GPT-2's if its vocabulary has that size.
    const { vocabSize } = parseConfig(checkpoint.config, checkpoint.generationConfig);
    const { createTokenizer } = await arriving;
    const tokenizer = await createTokenizer(checkpoint.tokenizer, { vocabSize });
    const resolved = resolveCheckpoint(checkpoint, tokenizer.eosTokenId);
    checkVocabulary(resolved.config, tokenizer.size);
    const loaded = await createRuntime(resolved, options);
    reportReady(options, checkpoint, resolved.table.notices);
    return { loaded, resolved, tokenizer };
  } finally {
    checkpoint.close();
  }
}

function openOptions(options: LoadOptions): OpenOptions {
  const { hub, token, cache, bundledBase, signal, onProgress, transport } = options;
  return { hub, token, cache, bundledBase, signal, onProgress, transport };
}

function reportReady({ onProgress }: LoadOptions, checkpoint: Checkpoint, notices: readonly string[]): void {
  onProgress?.({
    phase: 'ready',
    file: '',
    loadedBytes: checkpoint.totalBytes,
    totalBytes: checkpoint.totalBytes,
    bytesPerSecond: 0,
    fromCache: false,
    ...(notices.length ? { notice: notices.join(' ') } : {}),
  });
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
