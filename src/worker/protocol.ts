import type {
  GeneratedToken,
  IdModel,
  LoadOptions,
  LoadProgress,
  MemoryPlan,
  ModelCard,
  ModelFacts,
  ModelSource,
  ModelStats,
  SelfCheckReport,
  TokenizerFacts,
} from '../engine/index.ts';
import type { IdGenerationOptions } from '../generation/index.ts';
import type { ErrorRecord } from '../lib/index.ts';
import type { TokenizerTexts } from '../weights/index.ts';

/** Options without functions, signals and devices, which cannot be sent. */
export type SentLoadOptions = Omit<LoadOptions, 'signal' | 'onProgress' | 'device' | 'worker'>;
export type SentGenerationOptions = Omit<IdGenerationOptions, 'signal'>;

/** A loaded model as the client knows it. */
export interface ModelRecord extends ModelFacts {
  model: number;
  stats: ModelStats;
}

/** What a model runs on; it may change with a recovery after a device loss. */
export type RuntimeRecord = Pick<ModelFacts, 'dtype' | 'adapter'>;

/** Methods of a model that cross as they are: their parameters go to the host, their results come back. */
export const forwarded = [
  'logits',
  'score',
  'inspect',
  'run',
  'patch',
  'ablate',
  'attribution',
  'heads',
] as const satisfies readonly (keyof IdModel)[];
export type ForwardedName = (typeof forwarded)[number];
type ForwardedCalls = {
  [Name in ForwardedName]: {
    args: { model: number; parameters: Parameters<IdModel[Name]> };
    result: Awaited<ReturnType<IdModel[Name]>>;
  };
};

/** The arguments and the result of every call. Texts stay with the client: prompts are ids. */
export interface Calls extends ForwardedCalls {
  load: { args: { source: ModelSource; options: SentLoadOptions }; result: ModelRecord };
  generate: {
    args: { model: number; ids: number[]; options: SentGenerationOptions; assistant?: number };
    result: RuntimeRecord;
  };
  setAdapter: { args: { model: number; enabled: boolean }; result: ModelCard };
  planMemory: { args: { source: ModelSource; options: SentLoadOptions }; result: MemoryPlan };
  selfCheck: { args: { options: SentLoadOptions }; result: SelfCheckReport };
}

export type CallName = keyof Calls;

export type CallMessage<Names extends CallName = CallName> = {
  [Name in Names]: { type: 'call'; call: number; name: Name; args: Calls[Name]['args'] };
}[Names];

/** Client to host. */
export type Request =
  | CallMessage
  /** The caller's signal fired, or its consumer stopped reading. */
  | { type: 'abort'; call: number; kind: 'abort' | 'return' }
  /** The client's consumer has read this many tokens: as many more may be sent. */
  | { type: 'credit'; call: number; tokens: number }
  /** The client has created the tokenizer of a load. */
  | { type: 'tokenizer'; call: number; facts: TokenizerFacts }
  | { type: 'dispose'; model: number };

/** Host to client. */
export type Response =
  | { type: 'result'; call: number; value: Calls[CallName]['result']; stats?: ModelStats }
  | { type: 'error'; call: number; error: ErrorRecord }
  | { type: 'progress'; call: number; progress: LoadProgress }
  /** A load asks the client to create the tokenizer from these files. */
  | { type: 'tokenizer'; call: number; files: TokenizerTexts; vocabSize: number }
  /** The tokens of one turn of the event loop, with the rates after them. */
  | { type: 'tokens'; call: number; tokens: GeneratedToken[]; stats: ModelStats };

/** Tokens the host may be ahead of the reader. */
export const creditWindow = 64;

/** One end of a channel between the two. */
export interface Port<Out, In> {
  post(message: Out, transfer?: Transferable[]): void;
  listen(take: (message: In) => void): void;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** The message if it is a request, apart from the arguments of a call, which the call itself checks. */
export function readRequest(message: unknown): Request | undefined {
  if (!isRecord(message)) return undefined;
  switch (message.type) {
    case 'call':
      return message as Request;
    case 'abort':
      return message.kind === 'abort' || message.kind === 'return' ? (message as Request) : undefined;
    case 'credit':
      return Number.isInteger(message.tokens) && (message.tokens as number) > 0
        ? (message as Request)
        : undefined;
    case 'tokenizer':
      return isRecord(message.facts) && Number.isInteger(message.facts.size)
        ? (message as Request)
        : undefined;
    case 'dispose':
      return Number.isInteger(message.model) ? (message as Request) : undefined;
    default:
      return undefined;
  }
}
