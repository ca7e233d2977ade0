import type { StoreApi } from 'zustand/vanilla';
import type {
  LoadProgress,
  MemoryPlan,
  ModelSource,
  Score,
  SelfCheckReport,
  TokenAlternative,
} from '../../engine/index.ts';
import type { Version } from './document.ts';
import type { ModelChoice } from './dropped-files.ts';
import type { InsideActions, InsideData } from './inside-types.ts';
import type { Changes } from './model-changes.ts';
import type { Settings } from './settings.ts';
import type {
  Continuation,
  CpuFallback,
  Dialog,
  KeptModel,
  LoadedModel,
  LoadRequest,
  Moment,
  PageError,
  PendingRun,
  Phase,
  Run,
  SecondModel,
  Tab,
} from './types.ts';

/** The texts, with their branches and history. */
export interface DocumentData {
  versions: readonly Version[];
  current: string;
  /** The model whose tokenizer produced the ids in the texts; null when unknown. */
  idsOf: LoadRequest['source'] | null;
  /** Continuations written side by side, of which none is chosen yet. */
  continuations: readonly Continuation[];
  past: readonly Moment[];
  future: readonly Moment[];
}

export interface DocumentActions {
  edit(text: string): void;
  goTo(versionId: string): void;
  removeVersion(versionId: string): void;
  /** An empty text; what was there stays among the versions. */
  startNew(): void;
  /** A text of its own, beside those that are there. */
  openText(text: string): void;
  /** Goes on with one continuation; the others become versions. */
  keepContinuation(sequence: number): void;
  discardContinuations(): void;
  undo(): void;
  redo(): void;
}

export interface ModelData {
  phase: Phase;
  model: LoadedModel | null;
  request: LoadRequest | null;
  progress: LoadProgress | null;
  /** What the engine says about this visit, such as that nothing can be stored. */
  notice: string | null;
  fallback: CpuFallback | null;
  /** Models that were dropped together, until one is chosen. */
  modelChoices: readonly ModelChoice[];
  /** The model of the last visit. */
  keptModel: KeptModel | null;
  /** For gated repositories; in memory only, never stored. */
  accessToken: string;
  /** For a model on a server; in memory only, never stored. */
  serverKey: string;
}

export interface ModelActions {
  load(request: LoadRequest): Promise<boolean>;
  pause(): void;
  resume(): Promise<boolean>;
  cancel(): Promise<void>;
  /** Drops the question which of several models is meant. */
  forgetChoices(): void;
  setAccessToken(token: string): void;
  setServerKey(key: string): void;
  /** Uses the model with its LoRA adapter or without it. */
  setAdapter(enabled: boolean): Promise<void>;
  /** Files that were dropped or chosen: a model is loaded, a text file becomes the text, an export is stored. */
  openFiles(files: readonly File[]): Promise<void>;
}

export interface WritingData {
  run: Run | null;
  /** A run that a reload interrupted, until it goes on. */
  pending: PendingRun | null;
  /** The token that a single step has put at the end of the text. */
  drawn: DrawnToken | null;
}

export interface WritingActions {
  write(): Promise<void>;
  /** Writes on with parts switched off or a direction pushed. */
  writeWith(changes: Changes): Promise<void>;
  /** Writes one token, and keeps what it was drawn from. */
  step(): Promise<void>;
  stop(): void;
  /** Writes another continuation of what was typed. */
  tryAgain(): Promise<void>;
  /** Puts another token at this place and goes on writing from there. */
  branch(index: number, choice: TokenAlternative): Promise<void>;
  /** Writes the rest of a run that a reload interrupted: the same draws from its beginning, shown where they are new. */
  resumeRun(run: PendingRun): Promise<void>;
}

/** Logits [V] after `ids`, for the sampling panel; `alternatives` are the likeliest of them. */
export interface NextLogits {
  key: string;
  ids: readonly number[];
  logits: Float32Array;
  alternatives: readonly TokenAlternative[];
}

/** One token that was drawn, and the logits it was drawn from where they were known. */
export interface DrawnToken {
  version: string;
  index: number;
  from: NextLogits | null;
}

export interface ScoringData {
  /** Index of the token whose alternatives are shown, or null. */
  inspected: number | null;
  /** What could come after the text up to the inspected token, or up to its end. */
  next: NextLogits | null;
}

export interface ScoringActions {
  /** The text with ids for what was typed last too, as far as a model is there and idle. */
  tokenized(): Version;
  inspect(index: number | null): void;
  /** Looks at the text again once nothing has happened for a moment: ids, probabilities, next token. */
  refresh(): void;
  /** The text with the probability of every token, as far as the model can say. */
  scored(): Promise<void>;
  /** Ranks and entropies of the tokens of the text; null without a model at rest. */
  scoreText(): Promise<Score | null>;
}

export interface SecondData {
  second: SecondModel;
}

export interface SecondActions {
  openSecond(request: LoadRequest): Promise<void>;
  closeSecond(): void;
  /** Lets the second model read the text once nothing has happened for a moment. */
  readSecond(): void;
  /** Both write on from the text as it is, with the same settings and the same seed. */
  writeBoth(): Promise<void>;
  setSecondShading(shading: boolean): void;
}

export interface ViewData {
  settings: Settings;
  /** True where the settings came with a link: they are for this visit only. */
  visiting: boolean;
  dialog: Dialog;
  error: PageError | null;
  online: boolean;
  /** True while a model is checked that is to replace the loaded one. */
  checking: boolean;
  /** Tokens are shaded by their probability. */
  shaded: boolean;
  /** Tokens are shown one by one with their ids, in place of the text field. */
  chips: boolean;
  /** The open panel beside the text. */
  tab: Tab;
  /** Everything is larger and only what a room needs is there. */
  presenting: boolean;
  /** Step of the guide, from 0; null while it is closed. */
  guide: number | null;
}

export interface ViewActions {
  set(settings: Partial<Settings>): void;
  show(dialog: Dialog): void;
  fail(error: PageError | null): void;
  setOnline(online: boolean): void;
  setShaded(shaded: boolean): void;
  setChips(chips: boolean): void;
  openTab(tab: Tab): void;
  setGuide(step: number | null): void;
  setPresenting(presenting: boolean): void;
}

export interface DeviceData {
  selfCheck: { running: boolean; report: SelfCheckReport | null };
}

export interface DeviceActions {
  /** What a model would need here, with this page's hub and token. */
  plan(source: ModelSource, signal: AbortSignal): Promise<MemoryPlan>;
  /** Compares this device with stored reference logits. */
  check(): Promise<void>;
}

export interface PageData
  extends DocumentData,
    ModelData,
    WritingData,
    ScoringData,
    SecondData,
    ViewData,
    DeviceData,
    InsideData {}

/** Everything a visitor can do. */
export interface PageActions
  extends DocumentActions,
    ModelActions,
    WritingActions,
    ScoringActions,
    SecondActions,
    ViewActions,
    DeviceActions,
    InsideActions {}

export type PageState = PageData & PageActions;
export type PageStore = Pick<StoreApi<PageState>, 'getState' | 'setState' | 'subscribe'>;
