import type {
  AdapterSummary,
  FinishReason,
  GPT2Config,
  LoadProgress,
  ModelStats,
  SelfCheckReport,
  WeightDtype,
} from '../../engine/index.ts';
import type { VitrineErrorCode } from '../../lib/index.ts';
import type { TextToken, Version } from './document.ts';
import type { Settings } from './settings.ts';

/** What the page is doing; exactly one at a time. */
export type Phase = 'starting' | 'idle' | 'loading' | 'paused' | 'ready' | 'generating';

export interface LoadedModel {
  id: string;
  revision: string;
  dtype: string;
  config: GPT2Config;
  adapter: AdapterSummary;
}

/** What was asked of the engine, kept so that it can be asked again. */
export interface LoadRequest {
  source: string | File[];
  /** What to call it on the page. */
  name: string;
  dtype: WeightDtype | null;
  backend: 'gpu' | 'cpu';
}

export interface PageError {
  code: VitrineErrorCode | null;
  message: string;
  /** What was being done. */
  during: 'load' | 'generate' | 'score' | 'storage' | 'check';
  /** The dtype to load instead when there was no room; null when none takes less. */
  dtype?: WeightDtype | null;
}

/** One of several continuations written side by side. */
export interface Take {
  sequence: number;
  tokens: readonly TextToken[];
  finishReason: FinishReason | null;
}

export interface SpeedSample {
  /** Milliseconds since the run began. */
  at: number;
  tokensPerSecond: number;
}

export interface Run {
  /** The seed that was used, drawn or given. */
  seed: number;
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

/** What undo and redo go between. */
export interface Moment {
  versions: readonly Version[];
  current: string;
}

export type Dialog = 'models' | 'device' | 'share' | null;

export interface PageState {
  phase: Phase;
  model: LoadedModel | null;
  request: LoadRequest | null;
  progress: LoadProgress | null;
  notice: string | null;
  /** Why the model runs on the CPU although the GPU was asked for; null where it does not. */
  fallback: { code: VitrineErrorCode; message: string; reason: string } | null;
  error: PageError | null;
  versions: readonly Version[];
  current: string;
  /** What the ids in the texts are of; another model's mean other tokens. Null when nobody knows. */
  idsOf: LoadRequest['source'] | null;
  undo: readonly Moment[];
  redo: readonly Moment[];
  settings: Settings;
  takes: readonly Take[];
  run: Run | null;
  /** Index of the token whose alternatives are shown, or null. */
  inspected: number | null;
  /** Logits after the text up to the inspected token or the end, for the sampling panel. */
  next: { key: string; logits: Float32Array; ids: readonly number[] } | null;
  dialog: Dialog;
  selfCheck: { running: boolean; report: SelfCheckReport | null };
  online: boolean;
}
