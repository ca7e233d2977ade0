import type { Runtime } from '../runtime/index.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import type { RuntimeLock } from './runtime-lock.ts';
import type { GenerationTimes, SequenceCache } from './sequence-cache.ts';

/** A runtime that is created again after its device was lost. `runtime` and `cache` are new objects afterwards. */
export interface RecoverableRuntime {
  readonly runtime: Runtime;
  readonly cache: SequenceCache;
  readonly times: GenerationTimes;
  /** Recovers first if the device was lost since the last call. */
  ready(): Promise<void>;
  /** Runs `work`; after a device loss, recovers and runs it once more. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Whether an error was caused by a device loss. */
  isLoss(error: unknown): boolean;
  recover(): Promise<void>;
}

/** What a generation runs on. */
export interface GenerationContext {
  session: RecoverableRuntime;
  lock: RuntimeLock;
  /** Absent where another thread adds the texts. */
  tokenizer?: Tokenizer;
  /** Ids that end a text. */
  eosTokenIds: readonly number[];
  /** Ids from this one on are never chosen. Default: all rows of the embedding may be. */
  drawable?: number;
}
