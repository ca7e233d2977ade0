import type {
  AdapterSummary,
  FinishReason,
  GPT2Config,
  LoadProgress,
  ModelCard,
  ModelStats,
  WeightDtype,
} from '../../engine/index.ts';
import type { VitrineErrorCode } from '../../lib/index.ts';
import type { RemoteModel } from '../../remote/index.ts';
import type { RunOrigin, TextToken, Version } from './document.ts';

/** What the page is doing; exactly one at a time. */
export type Phase = 'starting' | 'idle' | 'loading' | 'paused' | 'ready' | 'generating';

/** The loaded model as components see it. */
export interface LoadedModel {
  id: string;
  revision: string;
  dtype: string;
  config: GPT2Config;
  /** Null on a server, as is the card. */
  adapter: AdapterSummary | null;
  card: ModelCard | null;
  /** The server that the text goes to; null for a model on this machine. */
  server: Pick<RemoteModel, 'server' | 'supports'> | null;
  /** The text of one token id. */
  tokenText(id: number): string;
}

/**
 * Where a model comes from: with the page, from the hub, from a folder on the web, from this device's files, or nowhere:
 * it is on a server.
 */
export type SourceKind = 'bundled' | 'hub' | 'folder' | 'files' | 'server';

/** A model on a server with OpenAI's completions. Its key is kept in memory only, and not here. */
export interface ServerAddress {
  baseUrl: string;
  model: string;
  /** Hub id or folder of its tokenizer and config. */
  tokenizer: string;
}

/** Which model it was. Files of this device cannot be opened again by the page: only their name is kept. */
export interface KeptModel {
  kind: SourceKind;
  name: string;
  source: string | null;
  server?: ServerAddress;
}

/** What was asked of the engine, kept so that it can be asked again. */
export interface LoadRequest {
  source: string | File[];
  kind: SourceKind;
  /** What to call it on the page. */
  name: string;
  dtype: WeightDtype | null;
  backend: 'gpu' | 'cpu';
  /** Of the kind `server` alone. */
  server?: ServerAddress;
}

export interface PageError {
  code: VitrineErrorCode | null;
  message: string;
  /** What was being done. */
  during: 'load' | 'generate' | 'score' | 'storage' | 'check';
  /** The dtype to load instead when there was no room; null when none takes less. */
  dtype?: WeightDtype | null;
  /** True where the error came before the loaded model was touched: it is still there. */
  modelKept?: boolean;
  /** The load that failed, where the page shows another model. */
  failed?: LoadRequest;
}

/** Why the model runs on the CPU although the GPU was asked for. */
export interface CpuFallback {
  code: VitrineErrorCode;
  message: string;
  reason: string;
}

/** One of several continuations written side by side. */
export interface Continuation {
  sequence: number;
  tokens: readonly TextToken[];
  finishReason: FinishReason | null;
}

export interface SpeedSample {
  /** Milliseconds since the run began. */
  at: number;
  tokensPerSecond: number;
}

/** The run in progress, or the last one. */
export interface Run {
  /** What it writes, and from where. */
  origin: RunOrigin;
  /** The version it writes into. */
  version: string;
  tokens: number;
  startedAt: number;
  firstTokenMs: number | null;
  tokensPerSecond: number;
  samples: readonly SpeedSample[];
  finishReason: FinishReason | null;
  /** The text as the run left it: what `finishReason` speaks of. Null while it is being written. */
  left: { version: string; tokens: number } | null;
  stats: ModelStats | null;
}

/** A run that a reload interrupted: what it takes to write the rest of it. */
export type PendingRun = Pick<Run, 'origin' | 'version'>;

/** What undo and redo go between. */
export interface Moment {
  versions: readonly Version[];
  current: string;
  continuations: readonly Continuation[];
}

/** A second model beside the first: it reads the same text, and writes on from the same words. */
export interface SecondModel {
  phase: 'none' | 'loading' | 'ready' | 'writing';
  request: LoadRequest | null;
  progress: LoadProgress | null;
  model: LoadedModel | null;
  error: PageError | null;
  /** What it says of the tokens of a text: those with these ids, in the first model's cut. */
  reading: { ids: string; logprobs: readonly (number | null)[] } | null;
  /** What it wrote on from `prompt`. */
  written: { prompt: string; tokens: readonly TextToken[]; finishReason: FinishReason | null } | null;
  /** The text is shaded by where the two differ, not by the first one's surprise. */
  shading: boolean;
}

/** The panels beside the text. */
export type Tab = 'sampling' | 'versions' | 'second' | 'inside';

export type Dialog = 'models' | 'device' | 'share' | null;
