import type { GeneratedToken, GenerationOptions, Score, ScoreOptions } from '../generation/index.ts';
import type {
  Ablation,
  Attribution,
  AttributionOptions,
  HeadScores,
  Inspection,
  InspectOptions,
  MeasureOptions,
  PatchGrid,
  PatchOptions,
  Run,
  RunOptions,
} from '../inside/index.ts';
import type { GPT2Config } from '../model/index.ts';
import type { ModelSource } from '../weights/index.ts';
import type { AdapterSummary } from './adapter.ts';
import type { LoadOptions } from './load-options.ts';
import type { ModelCard } from './model-card.ts';

export interface GenerateOptions extends GenerationOptions {
  /**
   * Speculative decoding with a smaller model of the same vocabulary, loaded like this one, whose greedy tokens are
   * tried. The tokens are the same; it stops by itself when it does not pay.
   */
  assistantModel?: Model;
}

export interface ModelStats {
  /** Bytes of all live GPU buffers. */
  gpuBytes: number;
  prefillTokensPerSecond: number;
  decodeTokensPerSecond: number;
  timeToFirstTokenMs: number;
  dispatchesPerToken: number;
  submitsPerToken: number;
}

/** A loaded model. The in-thread engine and the worker client both implement it. */
export interface Model {
  readonly id: string;
  readonly revision: string;
  readonly config: GPT2Config;
  readonly dtype: string;
  readonly adapter: AdapterSummary;
  /** What was read when the model was loaded, and what was assumed. */
  readonly card: ModelCard;
  encode(text: string): number[];
  decode(ids: number[]): string;
  /** Logits of the last position, [V]. */
  logits(ids: number[]): Promise<Float32Array>;
  /** How likely each token of a text is, given what is before it. Any length; beyond the context in overlapping windows. */
  score(textOrIds: string | number[], options?: ScoreOptions): Promise<Score>;
  generate(prompt: string | number[], options?: GenerateOptions): AsyncIterable<GeneratedToken>;
  inspect(textOrIds: string | number[], what: InspectOptions): Promise<Inspection>;
  /** A pass over a text with sites captured and edited. Texts and caches of generations are not touched. */
  run(textOrIds: string | number[], options?: RunOptions): Promise<Run>;
  /** Activation patching: how much each site of a clean text brings back of its answer in a corrupted one. */
  patch(options: PatchOptions): Promise<PatchGrid>;
  /** What is left of an answer when each head, attention and MLP is switched off, one at a time. */
  ablate(textOrIds: string | number[], options: MeasureOptions): Promise<Ablation>;
  /** Direct logit attribution: what each head and MLP adds to the logit of a token. */
  attribution(textOrIds: string | number[], options: AttributionOptions): Promise<Attribution>;
  /** What every head attends to, on a text or, by default, on a random sequence that occurs twice. */
  heads(textOrIds?: string | number[]): Promise<HeadScores>;
  /**
   * Uses the weights with the model's LoRA adapter or without it; no weights are loaded for it.
   * @throws VitrineError `invalid-argument` where the model has no adapter
   */
  setAdapter(enabled: boolean): Promise<void>;
  stats(): ModelStats;
  /** Frees all GPU memory. Idempotent; may be called at any time. */
  dispose(): void;
}

/** What a page or an embed drives. */
export interface Engine {
  loadModel(source: ModelSource, options?: LoadOptions): Promise<Model>;
}
