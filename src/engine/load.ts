import { VitrineError } from '../lib/index.ts';
import { checkVocabulary, describeParameters, parseConfig } from '../model/index.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import { type Checkpoint, type OpenOptions, openCheckpoint } from '../weights/index.ts';
import { LocalModel } from './local-model.ts';
import { adapterBack, planFor, probeAdapter } from './memory.ts';
import { Session, type Standing } from './session.ts';
import { stand, type Understood } from './stand.ts';
import type { Engine, LoadOptions, MemoryPlan, Model, ModelSource, SelfCheckReport } from './types.ts';

/** A model with the texts its tokenizer is made from, for who must make another one elsewhere. */
export interface Loaded {
  model: LocalModel;
  tokenizerTexts: Checkpoint['tokenizer'];
}

/**
 * Loads a model in this thread: config and headers are judged first, then the device is opened, then bytes flow.
 * @throws VitrineError with the code that fits; no device and no lock is left behind.
 */
export async function loadHere(source: ModelSource, options: LoadOptions = {}): Promise<Loaded> {
  const { standing, understood, tokenizer } = await open(source, options);
  const { checkpoint, config } = understood;
  // The same revision again, from the cache where there is one.
  const again = pinned(source, checkpoint);
  const session = new Session(standing, async () => {
    if (!options.device) await adapterBack();
    return (await open(again, { ...options, signal: undefined })).standing;
  });
  const model = new LocalModel(checkpoint.id, checkpoint.revision, config, tokenizer, session);
  return { model, tokenizerTexts: checkpoint.tokenizer };
}

async function open(source: ModelSource, options: LoadOptions) {
  // A part of its own, which the page's thread and the worker share; it comes while the model's files are asked for.
  const arriving = import('../tokenizer/index.ts');
  arriving.catch(() => {});
  const checkpoint = await openCheckpoint(source, openOptions(options));
  try {
    // The vocabulary's size tells whose tokenizer it is where a repository has none of its own.
    const { vocabSize } = parseConfig(checkpoint.config, checkpoint.generationConfig);
    const { createTokenizer } = await arriving;
    const tokenizer = await createTokenizer(checkpoint.tokenizer, { vocabSize });
    const understood = understand(checkpoint, tokenizer.eosTokenId);
    checkVocabulary(understood.config, tokenizer.size);
    const standing: Standing = await stand(understood, options);
    report(options, checkpoint, understood.table.notices);
    return { standing, understood, tokenizer: tokenizer as Tokenizer };
  } finally {
    checkpoint.close();
  }
}

function understand(checkpoint: Checkpoint, tokenizerEos?: number): Understood {
  const config = parseConfig(checkpoint.config, checkpoint.generationConfig, tokenizerEos);
  return { checkpoint, config, table: describeParameters(config, checkpoint.tensors) };
}

function openOptions(options: LoadOptions): OpenOptions {
  const { hub, token, cache, bundledBase, signal, onProgress, transport } = options;
  return { hub, token, cache, bundledBase, signal, onProgress, transport };
}

function report({ onProgress }: LoadOptions, checkpoint: Checkpoint, notices: readonly string[]): void {
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

function pinned(source: ModelSource, checkpoint: Checkpoint): ModelSource {
  const named = typeof source === 'string' && /^[^:/]+\/[^:/]+$/.test(source);
  return named && commit.test(checkpoint.revision) ? `${checkpoint.id}@${checkpoint.revision}` : source;
}

/** Bytes the model would need by dtype, from config and headers alone. */
export async function planMemoryHere(source: ModelSource, options: LoadOptions = {}): Promise<MemoryPlan> {
  const checkpoint = await openCheckpoint(source, openOptions(options));
  try {
    const adapter = options.backend === 'cpu' ? null : await probeAdapter();
    return planFor(understand(checkpoint), adapter);
  } finally {
    checkpoint.close();
  }
}

/**
 * Whether this device computes what PyTorch computed.
 * @throws VitrineError of the load, or when the stored answers cannot be had
 */
export async function selfCheckHere(options?: LoadOptions): Promise<SelfCheckReport> {
  return (await import('./self-check.ts')).checkBundled(loadHere, options);
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
