import type { GPT2Config } from '../model/index.ts';
import type { SamplingOptions } from '../sampling/index.ts';
import type { LoadProgress, ModelSource, TransportOptions } from '../weights/index.ts';

export type { CachedModel, LoadPhase, LoadProgress, ModelSource } from '../weights/index.ts';
export type { GPT2Config, SamplingOptions };

/** How weights are held on the GPU. */
export type WeightDtype = 'f32' | 'f16' | 'int8' | 'int4';

export interface LoadOptions {
  /** Default: chosen from the memory plan. */
  dtype?: WeightDtype;
  /** Base URL of the hub. Default https://huggingface.co. */
  hub?: string;
  /** For gated repositories: sent to the hub's origin alone, never stored. */
  token?: string;
  /** Keep and reuse files in the browser's storage. Default true. */
  cache?: boolean;
  /** Run in a worker. Default true where workers exist. */
  worker?: boolean;
  /** Bring your own device; implies `worker: false`. It is not destroyed by `dispose`. */
  device?: GPUDevice;
  /** `gpu` needs WebGPU, `cpu` never asks for it, `auto` (default) takes the GPU when there is one. */
  backend?: 'auto' | 'gpu' | 'cpu';
  /** Choose kernel variants by timing them on this device. Default true; remembered per adapter. */
  autotune?: boolean;
  /** Base URL of the bundled models, where `tiny-tales/config.json` is. */
  bundledBase?: string;
  /** How files are fetched; the defaults suit the hub. */
  transport?: Partial<TransportOptions>;
  signal?: AbortSignal;
  onProgress?(progress: LoadProgress): void;
}

/** What the model runs on, in words fit for a diagnostics panel. */
export interface AdapterSummary {
  backend: 'webgpu' | 'cpu';
  vendor: string;
  architecture: string;
  device: string;
  description: string;
  /** True for a software adapter: right, but slow. */
  software: boolean;
  features: string[];
  limits: Record<string, number>;
}

export interface GenerateOptions extends SamplingOptions {
  /** Default: to the end of the context. */
  maxNewTokens?: number;
  /** Generation ends before any of these strings; they are never part of the text. */
  stop?: string[];
  /** Stop at the end-of-text token. Default true. */
  eos?: boolean;
  /** How many alternatives to report per token. Default 0. */
  logprobs?: number;
  /** Continuations generated side by side. Default 1. */
  n?: number;
  signal?: AbortSignal;
  /** What to do at the context limit. Default 'stop'. */
  overflow?: 'stop' | 'slide';
  /**
   * Speculative decoding by prompt lookup: this many tokens (1 to 7) that followed an earlier occurrence of the latest
   * ones are tried in one pass. The tokens are the same; it stops by itself when it does not pay.
   */
  promptLookupNumTokens?: number;
  /**
   * Speculative decoding with a smaller model of the same vocabulary, loaded like this one, whose greedy tokens are
   * tried. The tokens are the same; it stops by itself when it does not pay.
   */
  assistantModel?: Model;
  /** How many tokens `assistantModel` proposes for a pass, 1 to 7. Default 4. */
  numAssistantTokens?: number;
  /**
   * Beam search: the likeliest text found by following this many continuations (2 to 8) at once, instead of drawing.
   * Nothing is certain before the end, so all tokens come at the end; `n` asks for the n best texts. `temperature` is 0.
   */
  numBeams?: number;
  /** Beam search compares texts by log-probability / length ^ lengthPenalty, -10 to 10: above 0 favours longer ones. Default 1. */
  lengthPenalty?: number;
  /**
   * When beam search has finished `numBeams` texts: true ends it, false (default) ends it when no beam is better as it
   * stands, 'never' when none can become better.
   */
  earlyStopping?: boolean | 'never';
}

export type FinishReason = 'length' | 'stop' | 'eos' | 'context' | 'aborted';

export interface TokenAlternative {
  id: number;
  text: string;
  logprob: number;
}

export interface GeneratedToken {
  id: number;
  /** The text this token completes; pieces joined equal the decoded whole, whatever bytes a token splits. */
  text: string;
  /** 0 for the first generated token of its sequence. */
  index: number;
  /** 0 to n - 1. */
  sequence: number;
  /** Natural log of the token's probability before the sampler's cuts. */
  logprob: number;
  alternatives: TokenAlternative[];
  finishReason?: FinishReason;
  /** On the last token of a text that beam search found: log-probability / length ^ lengthPenalty. */
  sequenceScore?: number;
  /** On the last token of a generation that was to speculate. */
  speculation?: SpeculationStats;
}

/** What came of speculative decoding. */
export interface SpeculationStats {
  /** Tokens guessed. */
  drafted: number;
  /** Of those, tokens that the model chose as well. */
  accepted: number;
  /** Passes in which guesses were tried. */
  passes: number;
  /** False when it was at rest at the end, because it had not paid. */
  active: boolean;
}

export interface Score {
  ids: number[];
  /** logprobs[i] of ids[i] given what is before it, in nats; [0] is NaN. */
  logprobs: number[];
  /** exp of the mean negative log-probability of ids[1..]. */
  perplexity: number;
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

/** Which inside views to compute. */
export interface InspectOptions {
  /** Attention weights, per layer and head. */
  attention?: boolean;
  /** Top tokens of the head applied to each layer's residual stream. */
  logitLens?: boolean | { top?: number };
}

export interface Inspection {
  ids: number[];
  /** [L][NH][T][T], row t holds the weights of query t over keys 0..t. */
  attention?: Float32Array[][];
  /** [L + 1][T]: likeliest tokens read off the residual stream after that many layers. */
  logitLens?: { id: number; text: string; logit: number; probability: number }[][][];
}

/** A loaded model. The in-thread engine and the worker client both implement it. */
export interface Model {
  readonly id: string;
  readonly revision: string;
  readonly config: GPT2Config;
  readonly dtype: string;
  readonly adapter: AdapterSummary;
  encode(text: string): number[];
  decode(ids: number[]): string;
  /** Logits of the last position, [V]. */
  logits(ids: number[]): Promise<Float32Array>;
  score(textOrIds: string | number[]): Promise<Score>;
  generate(prompt: string | number[], options?: GenerateOptions): AsyncIterable<GeneratedToken>;
  inspect(textOrIds: string | number[], what: InspectOptions): Promise<Inspection>;
  stats(): ModelStats;
  /** Frees all GPU memory. Idempotent; may be called at any time. */
  dispose(): void;
}

/** Bytes a model would need, before any weight byte is fetched. */
export interface MemoryPlan {
  id: string;
  revision: string;
  config: GPT2Config;
  parameters: number;
  downloadBytes: number;
  adapter: AdapterSummary | null;
  dtypes: {
    dtype: WeightDtype;
    weightBytes: number;
    kvBytes: number;
    totalBytes: number;
    fits: boolean;
    why?: string;
  }[];
  recommended: WeightDtype | null;
}

export interface SelfCheckReport {
  passed: boolean;
  /** Largest |logit - reference| over all stored prompts. */
  maxAbsError: number;
  tolerance: number;
  /** Greedy tokens that agree with the reference, of how many. */
  tokensMatched: number;
  tokensTotal: number;
  prompts: { name: string; maxAbsError: number; tokensMatched: number; tokensTotal: number }[];
  dtype: string;
  adapter: AdapterSummary;
  milliseconds: number;
}

/** What a page or an embed drives. */
export interface Engine {
  loadModel(source: ModelSource, options?: LoadOptions): Promise<Model>;
}
