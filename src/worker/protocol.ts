import type {
  AdapterSummary,
  GeneratedToken,
  GenerateOptions,
  GPT2Config,
  Inspection,
  InspectOptions,
  LoadOptions,
  LoadProgress,
  MemoryPlan,
  ModelSource,
  ModelStats,
  Score,
  SelfCheckReport,
} from '../engine/index.ts';
import type { ErrorRecord } from '../lib/index.ts';
import type { CachedModel, TokenizerTexts } from '../weights/index.ts';

/** Options that can be sent: no functions, no signals, no devices. */
export type SentLoadOptions = Omit<LoadOptions, 'signal' | 'onProgress' | 'device' | 'worker'>;
export type SentGenerateOptions = Omit<GenerateOptions, 'signal' | 'assistantModel'>;

/** What a loaded model is, as the client needs to know it. */
export interface ModelRecord {
  model: number;
  id: string;
  revision: string;
  config: GPT2Config;
  dtype: string;
  adapter: AdapterSummary;
  tokenizer: TokenizerTexts;
  stats: ModelStats;
}

/** Every call: its arguments, and what it answers with. */
export interface Calls {
  load: { args: { source: ModelSource; options: SentLoadOptions }; result: ModelRecord };
  logits: { args: { model: number; ids: number[] }; result: Float32Array };
  score: { args: { model: number; textOrIds: string | number[] }; result: Score };
  inspect: {
    args: { model: number; textOrIds: string | number[]; what: InspectOptions };
    result: Inspection;
  };
  generate: {
    args: {
      model: number;
      prompt: string | number[];
      options: SentGenerateOptions;
      /** The model that guesses. */
      assistant?: number;
    };
    result: undefined;
  };
  listCached: { args: Record<never, never>; result: CachedModel[] };
  deleteCached: { args: { id: string }; result: undefined };
  planMemory: { args: { source: ModelSource; options: SentLoadOptions }; result: MemoryPlan };
  selfCheck: { args: { options: SentLoadOptions }; result: SelfCheckReport };
}

export type CallName = keyof Calls;

export type CallMessage = {
  [Name in CallName]: { type: 'call'; call: number; name: Name; args: Calls[Name]['args'] };
}[CallName];

/** Client to host. */
export type Request =
  | CallMessage
  /** The caller's signal fired, or it stopped reading. */
  | { type: 'abort'; call: number; kind: 'abort' | 'return' }
  /** The client has read this many tokens: as many more may be sent. */
  | { type: 'credit'; call: number; tokens: number }
  | { type: 'dispose'; model: number };

/** Host to client. */
export type Response =
  | { type: 'result'; call: number; value: Calls[CallName]['result']; stats?: ModelStats }
  | { type: 'error'; call: number; error: ErrorRecord }
  | { type: 'progress'; call: number; progress: LoadProgress }
  | { type: 'tokens'; call: number; tokens: GeneratedToken[]; stats: ModelStats }
  /** After a lost device the model may stand elsewhere. */
  | { type: 'standing'; model: number; dtype: string; adapter: AdapterSummary };

/** Tokens the host may be ahead of the reader. */
export const creditWindow = 64;

/** One end of a channel between the two. */
export interface Port<Out, In> {
  post(message: Out, transfer?: Transferable[]): void;
  listen(take: (message: In) => void): void;
}
